#include "enrolment_wait.hpp"

#include <algorithm>
#include <thread>
#include <utility>

#include "authority/est.hpp"
#include "authority/fingerprint_text.hpp"
#include "base/hex.hpp"
#include "cli/human.hpp"
#include "cli/progress.hpp"
#include "cli/text.hpp"
#include "crypto/trust_store.hpp"
#include "io/system_clock.hpp"

namespace ipop::ga_cert {
namespace {

namespace est = authority::est;
using cli::ExitStatus;

constexpr Duration exchange_limit = 30s;
// A server that is gone is tried again soon, then ever less often.
constexpr Duration first_pause = 1s;
constexpr Duration longest_pause = 60s;

bool is_passing(const Error& error) {
  return error.code == std::errc::connection_refused || error.code == std::errc::timed_out ||
         error.code == std::errc::not_connected;
}

class EnrolmentWait {
 public:
  EnrolmentWait(const Context& context, const KnownAuthority& authority, const crypto::CertificateRequest& request,
                const std::optional<authority::EnrolmentToken>& token, Duration limit, bool wait,
                const EnrolmentWatcher& watcher)
      : context_(context),
        authority_(authority),
        request_(request),
        token_(token),
        end_(io::monotonic_now() + limit),
        wait_(wait),
        watcher_(watcher),
        progress_(context.streams) {}

  std::variant<crypto::Certificate, ExitStatus> until_decided() {
    Duration pause = first_pause;
    while (true) {
      const auto answer = io::exchange_https(authority_.peer, est::enrolment_request(request_, token_),
                                             std::min(exchange_limit, std::max<Duration>(left(), 1s)));
      if (!answer) {
        if (!wait_ || !is_passing(answer.error()) || left() <= pause) {
          progress_.clear();
          return report_server(context_, authority_.peer, answer.error());
        }
        say("the authority's server does not answer; trying again");
        std::this_thread::sleep_for(pause);
        pause = std::min(pause * 2, longest_pause);
        continue;
      }
      pause = first_pause;
      auto enrolment = est::decode_enrolment(*answer, request_.public_key());
      if (!enrolment) {
        progress_.clear();
        cli::complain(context_.streams, tool, enrolment.error().message());
        return ExitStatus::no;
      }
      if (auto* certificate = std::get_if<crypto::Certificate>(&*enrolment)) return check(std::move(*certificate));
      if (const auto* denied = std::get_if<est::Denied>(&*enrolment)) {
        progress_.clear();
        cli::complain(context_.streams, tool,
                      "denied by the authority " + authority_.certificate.common_name() +
                          (denied->reason.empty() ? ", without a reason" : ": " + denied->reason));
        tell(Step::denied, denied->reason);
        suggest_acceptance();
        return ExitStatus::no;
      }
      const auto& waiting = std::get<est::Waiting>(*enrolment);
      if (!std::exchange(is_waiting_told_, true)) tell(Step::waiting, {});
      if (!wait_ || left() <= waiting.retry_after) return give_up();
      say(waiting.why.empty() ? "the request waits for a person" : waiting.why);
      std::this_thread::sleep_for(waiting.retry_after);
    }
  }

 private:
  using Step = authority::EnrolmentRecord::Step;

  void tell(Step step, const std::string& reason) {
    if (watcher_) watcher_(step, reason);
  }

  [[nodiscard]] Duration left() const { return end_ - io::monotonic_now(); }

  /// Once for a log, and as progress on a terminal.
  void say(const std::string& text) {
    if (text != said_) {
      progress_.clear();
      context_.streams.err << cli::printable(text.substr(0, text.find('\n'))) << '\n';
      if (!is_explained_) {
        is_explained_ = true;
        context_.streams.err << "  on the authority's machine: ga-cert accept "
                             << to_hex(request_.key_fingerprint()).substr(0, 16) << '\n'
                             << "Waiting for that, at most "
                             << cli::human_duration(std::chrono::duration_cast<std::chrono::microseconds>(left()))
                             << ". Ctrl-C loses nothing: the same command continues later.\n";
      }
      said_ = text;
    }
    progress_.show("waiting ...");
  }

  std::variant<crypto::Certificate, ExitStatus> check(crypto::Certificate certificate) {
    progress_.clear();
    const auto trust = crypto::TrustStore::closed_group(authority_.certificate);
    const auto who =
        trust ? (*trust)->verify(certificate, io::wall_time_now()) : Result<crypto::PeerIdentity>(trust.error());
    if (who) return certificate;
    cli::complain(context_.streams, tool, "the received certificate is not usable: " + who.error().message());
    return ExitStatus::no;
  }

  void suggest_acceptance() {
    cli::suggest(context_.streams,
                 "on the authority's machine: ga-cert accept " + to_hex(request_.key_fingerprint()).substr(0, 16));
    cli::suggest(context_.streams, "the same command again");
  }

  ExitStatus give_up() {
    progress_.clear();
    cli::complain(context_.streams, tool, "no decision yet; the request stays with the authority");
    suggest_acceptance();
    return ExitStatus::timed_out;
  }

  const Context& context_;
  const KnownAuthority& authority_;
  const crypto::CertificateRequest& request_;
  const std::optional<authority::EnrolmentToken>& token_;
  TimePoint end_;
  bool wait_;
  const EnrolmentWatcher& watcher_;
  cli::Progress progress_;
  std::string said_;
  bool is_explained_ = false;
  bool is_waiting_told_ = false;
};

}  // namespace

std::variant<crypto::Certificate, ExitStatus> enrol(const Context& context, const KnownAuthority& authority,
                                                    const crypto::CertificateRequest& request,
                                                    const std::optional<authority::EnrolmentToken>& token,
                                                    Duration limit, bool wait, const EnrolmentWatcher& watcher) {
  return EnrolmentWait(context, authority, request, token, limit, wait, watcher).until_decided();
}

}  // namespace ipop::ga_cert
