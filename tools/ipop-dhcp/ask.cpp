#include "base/base64.hpp"
#include "groups/group_config.hpp"
#include "leasing/soap.hpp"
#include "server_place.hpp"
#include "verbs.hpp"

namespace ipop::ipop_dhcp {
namespace {

using cli::ExitStatus;

/// A request costs the server one write to its disk.
constexpr Duration ask_limit = std::chrono::seconds(10);

/// As leasing::Errc words stand in a Fault; what is not a refusal may pass by itself.
ExitStatus status_of(const Error& error) {
  if (error.code == Errc::not_authorized || error.code == Errc::bad_checksum) return ExitStatus::permission;
  return error.code == std::errc::timed_out ? ExitStatus::timed_out : ExitStatus::no;
}

}  // namespace

Result<io::HttpsPeer> server_at(std::string_view url) {
  auto place = groups::server_place(url);
  if (!place) return std::move(place).error();
  io::HttpsPeer out;
  out.host = std::move(place->host);
  out.port = place->port;
  out.is_plain = place->is_plain;
  return out;
}

ExitStatus carry_out(const Context& context, const AskServer& verb) {
  const auto complain = [&](const std::string& what) { cli::complain(context.streams, tool, what); };
  const auto server = server_at(verb.url);
  const auto octets = parse_base64(verb.request);
  const auto request =
      octets ? leasing::decode_lease_request(*octets) : Result<leasing::LeaseRequest>(Errc::malformed, "not base64");
  if (!server || !request) {
    complain(server ? "the request is not one of a node: " + request.error().message() : server.error().message());
    return ExitStatus::usage;
  }
  net::HttpRequest message;
  message.method = "POST";
  message.content_type = leasing::soap_content_type;
  message.body = leasing::to_soap(*request);
  const auto answer = io::exchange_https(*server, message, ask_limit);
  if (!answer) {
    complain(verb.url + ": " + answer.error().message());
    return status_of(answer.error());
  }
  const auto lease = leasing::parse_soap_answer(answer->body);
  if (!lease) {
    complain(verb.url + ": " + lease.error().message());
    return status_of(lease.error());
  }
  if (lease->grant.empty()) {
    complain(verb.url + ": the answer has no grant");
    return ExitStatus::no;
  }
  context.streams.out << "grant " << to_base64(lease->grant) << '\n';
  return ExitStatus::done;
}

}  // namespace ipop::ipop_dhcp
