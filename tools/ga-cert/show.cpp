#include "base/hex.hpp"
#include "cli/human.hpp"
#include "cli/text.hpp"
#include "desk_choice.hpp"
#include "io/system_clock.hpp"
#include "papers.hpp"
#include "verbs.hpp"

namespace ipop::ga_cert {
namespace {

using cli::ExitStatus;

constexpr std::size_t shown_limit = std::size_t{64} * 1024;

ExitStatus show_file(const Context& context, const std::string& path) {
  const auto text = read_input(context, path, shown_limit);
  if (!text) return report(context, text.error());
  const bool is_pem = text->find("-----BEGIN") != std::string::npos;
  const auto octets = as_bytes(*text);
  const auto request =
      is_pem ? crypto::CertificateRequest::from_pem(*text) : crypto::CertificateRequest::from_der(octets);
  if (request) {
    write_rows(context, rows_of(*request), "ga-cert.request/1");
    return ExitStatus::done;
  }
  const auto certificate = is_pem ? crypto::Certificate::from_pem(*text) : crypto::Certificate::from_der(octets);
  if (!certificate) {
    const std::string name = path == "-" ? "stdin" : path;
    const bool is_named_request = text->find("CERTIFICATE REQUEST-----") != std::string::npos;
    const bool is_named_certificate = text->find("BEGIN CERTIFICATE-----") != std::string::npos;
    if (!is_named_certificate)
      cli::complain(context.streams, tool, name + ": bad request: " + request.error().message());
    if (!is_named_request)
      cli::complain(context.streams, tool, name + ": bad certificate: " + certificate.error().message());
    return ExitStatus::bad_config;
  }
  write_rows(context, rows_of(*certificate), "ga-cert.certificate/1");
  return ExitStatus::done;
}

ExitStatus show_request(const Context& context, const authority::AuthorityBook& book,
                        const authority::AuthorityBook::Request& request) {
  const auto* other = book.other_machine(request.user, request.key, io::wall_time_now());
  using What = authority::AuthorityBook::Request::What;
  Rows rows{
      {"user", request.user},
      {"addresses", to_text(request.addresses)},
      {"key", to_hex(request.key)},
      {"source", request.source},
      {"at", cli::utc_text(request.at)},
      {"state", request.what == What::waiting ? "waiting" : "denied"},
      {"reason", request.reason},
      {"other_machine", other == nullptr ? "" : to_hex(other->key)},
  };
  write_rows(context, rows, "ga-cert.request/1");
  if (context.streams.out_is_terminal && request.what == What::waiting)
    context.streams.err << "Compare the key with the requester's, by phone or in person.\n";
  return ExitStatus::done;
}

}  // namespace

ExitStatus carry_out(const Context& context, const ShowOne& verb) {
  if (is_path(verb.what)) return show_file(context, verb.what);
  auto opened = open_desk(context);
  if (const auto* status = std::get_if<ExitStatus>(&opened)) return *status;
  auto& desk = std::get<AuthorityDesk>(opened);
  using What = authority::AuthorityBook::Request::What;
  const auto key = find_request(desk.book(), verb.what);
  const auto* request = key ? desk.book().request(*key) : nullptr;
  if (request != nullptr && request->what != What::accepted) return show_request(context, desk.book(), *request);
  const auto known = find_certificate(desk.book(), verb.what);
  if (!known && !key && key.error().code == Errc::conflict) return report(context, key.error());
  if (!known) {
    const ExitStatus status = report(context, known.error());
    return known.error().code == Errc::out_of_range ? ExitStatus::usage : status;
  }
  const auto certificate = crypto::Certificate::from_der((*known)->certificate);
  if (!certificate) return report(context, certificate.error());
  Rows rows = rows_of(*certificate);
  const auto since = desk.book().revoked_since((*known)->key, (*known)->user);
  rows.emplace_back("revoked", since ? cli::utc_text(*since) : "");
  rows.emplace_back("signed_by", std::string(to_string((*known)->by)));
  write_rows(context, rows, "ga-cert.certificate/1");
  return ExitStatus::done;
}

}  // namespace ipop::ga_cert
