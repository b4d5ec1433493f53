#include <thread>

#include "base/hex.hpp"
#include "follower_request.hpp"
#include "io/file.hpp"
#include "io/https_client.hpp"
#include "io/log_writer.hpp"
#include "io/process.hpp"
#include "io/system_clock.hpp"
#include "lease_changes.hpp"
#include "server_files.hpp"
#include "server_place.hpp"

namespace ipop::ipop_dhcp {
namespace {

using cli::ExitStatus;
using leasebook::LeaseBook;

/// More than the first server holds an answer back.
constexpr Duration exchange_limit = 15s;
constexpr Duration first_pause = 500ms;
constexpr Duration longest_pause = 30s;
constexpr std::size_t largest_kept = 256;

/// The digits as this program writes them.
std::string lower(std::string_view hex) {
  const auto octets = parse_hex(hex);
  return octets ? to_hex(*octets) : std::string();
}

class Follower {
 public:
  /// `server` is the fingerprint of the first server's key; empty: whose it shows first.
  Follower(const Context& context, LeaseBook& book, const crypto::PrivateKey& key, io::HttpsPeer first,
           std::string server)
      : context_(context), book_(book), key_(key), first_(std::move(first)), server_(std::move(server)) {}

  enum class Step { same, changed, promoted };
  /// One question to the first server. Errors: not_authorized, when it tells this one nothing; any other passes.
  Result<Step> step() {
    const auto last = book_.last_change();
    if (!last) return last.error();
    net::HttpRequest request;
    request.path = "/changes?after=" + std::to_string(*last);
    request.authorization = make_follower_proof(key_, *last, io::wall_time_now());
    const auto answer = io::exchange_https(first_, request, exchange_limit);
    if (!answer) return answer.error();
    if (answer->status == 403) return make_error(make_error_code(Errc::not_authorized), trimmed(answer->body));
    if (answer->status != 200) return make_error(std::make_error_code(std::errc::not_connected), trimmed(answer->body));
    if (auto known = check_server(answer->body, request.authorization); !known) return std::move(known).error();
    const auto changes = parse_changes(answer->body);
    if (!changes) return changes.error();
    if (changes->last < *last) return {Errc::conflict, "the first server's database is older than this one"};
    if (changes->last == *last) return Step::same;
    auto transaction = book_.begin();
    if (!transaction) return std::move(transaction).error();
    // A command of the administrator may have made this the server that gives out.
    const auto follower = book_.is_follower();
    if (!follower) return follower.error();
    if (!*follower) return Step::promoted;
    if (auto applied = book_.apply(*changes); !applied) return std::move(applied).error();
    if (auto committed = transaction->commit(); !committed) return std::move(committed).error();
    return Step::changed;
  }

 private:
  /// It is the same server as ever. Errors: bad_checksum, malformed; io_error (the directory).
  Result<void> check_server(std::string_view answer, std::string_view asked) {
    const auto fingerprint = check_changes(answer, asked);
    if (!fingerprint) return fingerprint.error();
    const std::string shown = to_hex(*fingerprint);
    const std::string path = context_.options.directory + "/first";
    if (server_.empty() && io::exists(path)) {
      auto kept = io::read_file(path, largest_kept);
      if (!kept) return std::move(kept).error();
      server_ = trimmed(*std::move(kept));
    }
    if (!server_.empty() && server_ != shown)
      return {Errc::bad_checksum, "another server answers, with the key " + shown + "; this one follows " + server_};
    if (is_kept_) return {};
    // Nothing is taken from a server that would be another stranger at the next start.
    if (auto kept = io::write_file_atomically(path, shown + "\n", 0600); !kept) return kept;
    if (server_.empty()) context_.streams.err << "Following the server with the key " << shown << ".\n";
    server_ = shown;
    is_kept_ = true;
    return {};
  }

  static std::string trimmed(std::string text) {
    while (!text.empty() && text.back() == '\n')
      text.pop_back();
    return text.substr(0, 256);
  }

  const Context& context_;
  LeaseBook& book_;
  const crypto::PrivateKey& key_;
  io::HttpsPeer first_;
  std::string server_;    // what is expected
  bool is_kept_ = false;  // in the directory
};

}  // namespace

ExitStatus carry_out(const Context& context, const Follow& verb) {
  auto first = server_at(verb.url);
  if (!first) {
    cli::complain(context.streams, tool, first.error().message());
    return ExitStatus::usage;
  }
  auto opened = open_book(context, leasebook::Database::Access::create);
  if (const auto* status = std::get_if<ExitStatus>(&opened)) return *status;
  auto& book = std::get<LeaseBook>(opened);
  const auto key = load_server_key(context, book);
  if (!key) return report(context, key.error());
  {
    const auto follower = book.is_follower();
    const auto last = book.last_change();
    if (!follower) return report(context, follower.error());
    if (!last) return report(context, last.error());
    if (!*follower && *last > 0) {
      cli::complain(context.streams, tool,
                    "this server is active; a following server must start with an empty database");
      cli::suggest(context.streams, "the same command with --directory DIRECTORY");
      return ExitStatus::usage;
    }
    auto transaction = book.begin();
    if (!transaction) return report(context, transaction.error());
    if (auto set = book.set_follower(true); !set) return report(context, set.error());
    if (auto committed = transaction->commit(); !committed) return report(context, committed.error());
  }
  io::harden_process();
  io::LogWriter writer(LogLevel::info);
  const auto log = [&](LogLevel level, std::string text, std::vector<std::pair<std::string, std::string>> fields) {
    writer.write(io::monotonic_now(), {level, std::move(text), std::move(fields)});
  };
  Follower follower(context, book, *key, *std::move(first), lower(verb.server_key));
  Duration pause = first_pause;
  // SIGTERM ends it where it is: a change is taken over as a whole or not.
  while (true) {
    const auto step = follower.step();
    if (step) {
      pause = first_pause;
      if (*step == Follower::Step::promoted) {
        context.streams.err << "This server was promoted, and follows no more.\n";
        return ExitStatus::done;
      }
      if (verb.once && *step == Follower::Step::same) return ExitStatus::done;
      continue;
    }
    if (step.error().code == Errc::not_authorized) {
      const auto fingerprint = crypto::key_fingerprint_of(key->public_key());
      const ExitStatus status = report(context, step.error());
      if (fingerprint)
        cli::suggest(context.streams, "on the first server: echo " + to_hex(*fingerprint) + " >>" +
                                          context.options.directory + "/followers");
      return status;
    }
    if (verb.once) return report(context, step.error());
    log(LogLevel::warning, "no changes from the first server", {{"reason", step.error().message()}});
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, longest_pause);
  }
}

}  // namespace ipop::ipop_dhcp
