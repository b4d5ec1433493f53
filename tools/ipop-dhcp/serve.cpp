#include <algorithm>
#include <charconv>
#include <csignal>
#include <list>
#include <map>
#include <memory>

#include "authority/fingerprint_text.hpp"
#include "base/hex.hpp"
#include "daemon/service_signs.hpp"
#include "follower_request.hpp"
#include "group_trust.hpp"
#include "io/directory_lock.hpp"
#include "io/event_loop.hpp"
#include "io/file.hpp"
#include "io/https_server.hpp"
#include "io/log_writer.hpp"
#include "io/process.hpp"
#include "io/system_clock.hpp"
#include "lease_changes.hpp"
#include "leasebook/lease_service.hpp"
#include "leasing/wsdl.hpp"
#include "refusal_log.hpp"
#include "server_files.hpp"

namespace ipop::ipop_dhcp {
namespace {

using cli::ExitStatus;
using leasebook::LeaseBook;
using leasebook::LeaseService;

constexpr std::size_t largest_pem = std::size_t{64} * 1024;
/// A server that follows waits so long for a change before it asks again.
constexpr Duration longest_hold = 8s;
constexpr std::size_t most_held = 16;
/// A revoked member has his lease no longer than this.
constexpr Duration look_again = 1s;
// Who looks whether a server runs has its lock for a moment.
constexpr Duration glance = 1s;
constexpr std::size_t changes_at_once = 1000;

net::HttpAnswer text_answer(unsigned status, std::string text) {
  return {status, "text/plain; charset=utf-8", std::move(text) + "\n", {}, {}};
}

/// The keys of the servers that may follow this one: `followers` in its directory, a fingerprint a line.
std::vector<crypto::Digest256> read_followers(const Context& context) {
  std::vector<crypto::Digest256> out;
  const auto text = io::read_file(context.options.directory + "/followers", largest_pem);
  if (!text) return out;
  std::string_view rest = *text;
  while (!rest.empty()) {
    const auto end = std::min(rest.find('\n'), rest.size());
    if (const auto fingerprint = authority::parse_fingerprint(rest.substr(0, end))) out.push_back(*fingerprint);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return out;
}

class Server {
 public:
  Server(const Context& context, const Serve& verb, LeaseBook& book, const crypto::PrivateKey& key)
      : context_(context),
        verb_(verb),
        book_(book),
        key_(key),
        trust_(context),
        service_(book, key, [this](const leasebook::LeaseGroup& group) { return trust_.of(group); }),
        hold_timer_(loop_, [this] { answer_held(); }),
        trust_timer_(loop_, [this] { look_at_trust(); }),
        signs_(loop_, io::ServiceNotifier::from_environment()) {}

  ExitStatus run() {
    io::harden_process();
    if (auto watching = loop_.on_signals({SIGINT, SIGTERM}, [this](int) { loop_.stop(); }); !watching)
      return report(context_, watching.error());
    const auto identity = read_identity();
    if (!identity) return report(context_, identity.error());
    is_secure_ = !identity->key.empty();
    std::vector<net::Endpoint> places = verb_.listen;
    if (places.empty()) places.push_back({net::Ipv4Address(), default_port});
    for (const net::Endpoint& place : places) {
      auto server = io::HttpsServer::listen_for_later(
          loop_, place, *identity, leasing::max_envelope,
          [this](const net::Endpoint& source, const net::HttpRequest& request, io::HttpsServer::Reply reply) {
            handle(source, request, std::move(reply));
          });
      if (!server) return fail_to_listen(server.error());
      log(LogLevel::info, "listening", {{"endpoint", to_string((*server)->address())}});
      servers_.push_back(*std::move(server));
    }
    signs_.status("listening on " + to_string(servers_.front()->address()));
    signs_.ready();
    look_at_trust();
    loop_.run();
    signs_.stopping();
    log(LogLevel::info, "stopped", {});
    return ExitStatus::done;
  }

 private:
  /// What a list says of the leases, as far as they were looked at.
  struct Judged {
    std::shared_ptr<const crypto::TrustStore> trust{};
    std::optional<net::Ipv4Address> next{};  // those behind it are left; none: all were looked at
    std::size_t count = 0;                   // that ended
  };
  struct Held {
    std::int64_t after = 0;
    std::string proof{};  // that came with the question
    TimePoint until{};
    io::HttpsServer::Reply reply{};
  };

  void log(LogLevel level, std::string text, std::vector<std::pair<std::string, std::string>> fields) {
    writer_.write(io::monotonic_now(), {level, std::move(text), std::move(fields)});
  }

  /// A list that is newer than the last one: whoever it names has no lease from this moment on.
  void look_at_trust() {
    const auto groups = book_.groups();
    bool is_more = false;
    for (const leasebook::LeaseGroup& group : groups ? *groups : std::vector<leasebook::LeaseGroup>()) {
      auto trust = trust_.of(group);
      Judged& judged = judged_[group.name];
      if (!trust) continue;
      if (trust != judged.trust) judged = {std::move(trust), net::Ipv4Address(), 0};
      if (!judged.next) continue;
      const auto ended = service_.end_revoked(io::wall_time_now(), group, *judged.trust, *judged.next);
      if (!ended) {
        refusals_.add(io::monotonic_now(), LogLevel::error, ended.error().message());
        continue;
      }
      judged.next = ended->next;
      judged.count += ended->count;
      is_more = is_more || judged.next.has_value();
      if (judged.next || judged.count == 0) continue;
      log(LogLevel::info, "leases of revoked members ended",
          {{"group", group.name},
           {"count", std::to_string(judged.count)},
           {"list", std::to_string(judged.trust->revocation_number())}});
      if (!held_.empty()) answer_held();
    }
    trust_timer_.arm(io::monotonic_now() + (is_more ? Duration{} : look_again));
  }

  ExitStatus fail_to_listen(const Error& error) {
    const ExitStatus status = report(context_, error);
    if (error.code == std::errc::address_in_use)
      cli::suggest(context_.streams, "the same command with --listen ADDRESS:PORT");
    return status;
  }

  Result<io::HttpsServer::Identity> read_identity() {
    if (verb_.certificate.empty()) return io::HttpsServer::Identity{};
    auto certificate = io::read_file(verb_.certificate, largest_pem);
    if (!certificate) return std::move(certificate).error();
    auto key = io::read_secret_file(verb_.key.empty() ? verb_.certificate : verb_.key, largest_pem);
    if (!key) return std::move(key).error();
    return io::HttpsServer::Identity{*std::move(key), *std::move(certificate), {}};
  }

  void handle(const net::Endpoint& source, const net::HttpRequest& request, io::HttpsServer::Reply reply) {
    if (request.path == "/changes") return handle_follower(request, std::move(reply));
    if (request.path != "/") return reply(text_answer(404, "there is / and /?wsdl"));
    if (request.method == "GET" && (request.query == "wsdl" || request.query == "WSDL")) {
      const std::string host = request.host.empty() ? to_string(servers_.front()->address()) : request.host;
      return reply({200,
                    std::string(leasing::soap_content_type),
                    leasing::wsdl((is_secure_ ? "https://" : "http://") + host + "/"),
                    {},
                    {}});
    }
    if (request.method != "POST") {
      net::HttpAnswer answer = text_answer(405, "SOAP 1.1 by POST; the description is at /?wsdl");
      answer.allow = "GET, POST";
      return reply(std::move(answer));
    }
    auto parsed = leasing::parse_soap_request(request.body);
    if (!parsed) {
      refusals_.add(io::monotonic_now(), LogLevel::info, parsed.error().code.message());
      return reply({500, std::string(leasing::soap_content_type), leasing::soap_fault(parsed.error(), true), {}, {}});
    }
    questions_.push_back({*std::move(parsed), source});
    replies_.push_back(std::move(reply));
    // What is here when the loop gets to it is one commit.
    if (questions_.size() == 1) loop_.post([this] { answer_questions(); });
  }

  void answer_questions() {
    const auto questions = std::exchange(questions_, {});
    const auto replies = std::exchange(replies_, {});
    const auto answers = service_.answer(io::wall_time_now(), questions);
    for (std::size_t i = 0; i < answers.size(); ++i) {
      const auto& answer = answers[i];
      if (answer.lease) {
        replies[i]({200,
                    std::string(leasing::soap_content_type),
                    leasing::soap_answer(questions[i].request.request.action, *answer.lease),
                    {},
                    {}});
        continue;
      }
      // Of what a member did wrong only the kind is logged: the words may be his.
      const Error& error = answer.lease.error();
      refusals_.add(io::monotonic_now(), answer.is_clients_fault ? LogLevel::info : LogLevel::error,
                    answer.is_clients_fault ? error.code.message() : error.message());
      // SOAP 1.1, 6.2: every fault is a 500.
      replies[i](
          {500, std::string(leasing::soap_content_type), leasing::soap_fault(error, answer.is_clients_fault), {}, {}});
    }
    if (!held_.empty()) answer_held();
  }

  void handle_follower(const net::HttpRequest& request, io::HttpsServer::Reply reply) {
    constexpr std::string_view name = "after=";
    std::int64_t after = -1;
    if (request.query.starts_with(name))
      (void)std::from_chars(request.query.data() + name.size(), request.query.data() + request.query.size(), after);
    if (after < 0) return reply(text_answer(400, "/changes?after=NUMBER"));
    const auto who = check_follower_proof(request.authorization, after, io::wall_time_now());
    const auto followers = read_followers(context_);
    if (!who || std::ranges::find(followers, *who) == followers.end())
      return reply(text_answer(403, who ? "the key " + to_hex(*who) + " is not in the file `followers` of this server"
                                        : who.error().message()));
    if (held_.size() >= most_held) return reply(text_answer(503, "too many servers follow this one"));
    held_.push_back({after, request.authorization, io::monotonic_now() + longest_hold, std::move(reply)});
    answer_held();
  }

  /// Who waits for a change hears of it, or of none when he waited long enough.
  void answer_held() {
    const TimePoint now = io::monotonic_now();
    const auto last = book_.last_change();
    for (auto it = held_.begin(); it != held_.end();) {
      if (last && *last <= it->after && now < it->until) {
        ++it;
        continue;
      }
      const auto changes = book_.changes_after(it->after, changes_at_once);
      if (changes)
        it->reply({200, "application/json", sign_changes(to_json(*changes), it->proof, key_), {}, {}});
      else
        it->reply(text_answer(503, changes.error().message()));
      it = held_.erase(it);
    }
    if (held_.empty()) return hold_timer_.disarm();
    // What an administrator's command writes is seen within a second.
    hold_timer_.arm(std::min(std::ranges::min(held_, {}, &Held::until).until, now + 1s));
  }

  const Context& context_;
  const Serve& verb_;
  LeaseBook& book_;
  const crypto::PrivateKey& key_;
  io::EventLoop loop_;
  io::LogWriter writer_{LogLevel::info};
  RefusalLog refusals_{writer_};
  GroupTrust trust_;
  LeaseService service_;
  bool is_secure_ = false;
  std::vector<LeaseService::Question> questions_;
  std::vector<io::HttpsServer::Reply> replies_;  // one a question
  std::list<Held> held_;
  io::LoopTimer hold_timer_;
  io::LoopTimer trust_timer_;
  std::map<std::string, Judged> judged_;  // by group
  std::vector<std::unique_ptr<io::HttpsServer>> servers_;
  daemon::ServiceSigns signs_;
};

}  // namespace

ExitStatus carry_out(const Context& context, const Serve& verb) {
  auto opened = open_book(context, leasebook::Database::Access::write);
  if (const auto* status = std::get_if<ExitStatus>(&opened)) return *status;
  auto& book = std::get<LeaseBook>(opened);
  // A second one would answer as well, each with its own view of what was asked before.
  const auto lock = io::DirectoryLock::take(context.options.directory, glance);
  if (!lock && lock.error().code == std::errc::device_or_resource_busy) {
    cli::complain(context.streams, tool, "another ipop-dhcp serves from " + context.options.directory);
    return ExitStatus::no;
  }
  if (!lock) return report(context, lock.error());
  const auto key = load_server_key(context, book);
  if (!key) return report(context, key.error());
  const auto groups = book.groups();
  if (!groups) return report(context, groups.error());
  if (groups->empty()) {
    cli::complain(context.streams, tool, "the database has no group yet");
    cli::suggest(context.streams, this_program(context) + " config --group GROUP");
    return ExitStatus::no;
  }
  return Server(context, verb, book, *key).run();
}

}  // namespace ipop::ipop_dhcp
