#include "daemon/bootstrap_names.hpp"

#include <algorithm>
#include <utility>

#include "io/system_clock.hpp"

namespace ipop::daemon {

namespace {

constexpr Duration first_delay = 5s;  // about the time in which a DNS server answers or does not
constexpr Duration longest_delay = 5min;

}  // namespace

Result<std::unique_ptr<BootstrapNames>> BootstrapNames::open(io::EventLoop& loop, std::vector<BootstrapName> names,
                                                             Handlers handlers) {
  auto resolver = io::Resolver::open(loop);
  if (!resolver) return std::move(resolver).error();
  std::unique_ptr<BootstrapNames> out(new BootstrapNames(loop, *std::move(resolver), std::move(handlers)));
  out->set_names(std::move(names));
  return out;
}

BootstrapNames::BootstrapNames(io::EventLoop& loop, io::Resolver resolver, Handlers handlers)
    : delay_(first_delay),
      handlers_(std::move(handlers)),
      timer_(loop, [this] { look_up_all(); }),
      resolver_(std::move(resolver)) {}

void BootstrapNames::set_names(std::vector<BootstrapName> names) {
  names_ = std::move(names);
  std::erase_if(found_, [&](const auto& entry) { return std::ranges::find(names_, entry.first) == names_.end(); });
  // Who sets names wants to hear of them, also when they are those from before: a node that changed its group
  // knows none.
  const auto before = std::exchange(published_, {});
  publish();
  if (published_.empty() && !before.empty()) handlers_.on_endpoints(published_);
  delay_ = first_delay;
  look_up_all();
}

void BootstrapNames::look_up_again() {
  delay_ = first_delay;
  if (waiting_ == 0) look_up_all();
}

void BootstrapNames::set_joined(bool joined) {
  joined_ = joined;
  if (joined_ && !failed_) timer_.disarm();
  if (!joined_) look_up_again();
}

void BootstrapNames::look_up_all() {
  failed_ = false;
  waiting_ += names_.size();
  for (const BootstrapName& name : names_)
    resolver_.resolve(name.host, name.port, [this, name](auto result) { handle_result(name, result); });
}

void BootstrapNames::handle_result(const BootstrapName& name, const Result<std::vector<net::Endpoint>>& result) {
  --waiting_;
  const bool wanted = std::ranges::find(names_, name) != names_.end();
  if (wanted && result) found_[name] = *result;
  if (wanted && !result) {
    failed_ = true;
    handlers_.on_log({LogLevel::warning, "bootstrap name not resolved", {{"reason", result.error().message()}}});
  }
  if (waiting_ != 0) return;
  publish();
  if (!failed_ && (joined_ || names_.empty())) return;
  timer_.arm(io::monotonic_now() + delay_);
  delay_ = std::min(delay_ * 2, longest_delay);
}

void BootstrapNames::publish() {
  std::vector<net::Endpoint> all;
  for (const BootstrapName& name : names_) {
    const auto it = found_.find(name);
    if (it == found_.end()) continue;
    for (const net::Endpoint& endpoint : it->second) {
      if (std::ranges::find(all, endpoint) == all.end()) all.push_back(endpoint);
    }
  }
  if (all == published_) return;
  published_ = std::move(all);
  handlers_.on_endpoints(published_);
}

}  // namespace ipop::daemon
