#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/log.hpp"
#include "base/result.hpp"
#include "io/event_loop.hpp"
#include "io/resolver.hpp"
#include "net/endpoint.hpp"

namespace ipop::daemon {

/// A bootstrap node as the group file names it: a host name or an IP literal, and a UDP port.
struct BootstrapName {
  std::string host;
  std::uint16_t port = 0;
  friend auto operator<=>(const BootstrapName&, const BootstrapName&) = default;
};

/// Keeps the names of bootstrap nodes resolved.
///
/// A name that fails is tried again after 5 s, doubling to 5 min, and at once when the host's
/// addresses change. While the node is not joined, all names are looked up again in the same rhythm:
/// a bootstrap node may have moved.
class BootstrapNames {
 public:
  struct Handlers {
    std::function<void(std::vector<net::Endpoint>)> on_endpoints;  ///< all known, in the order of the names
    std::function<void(LogLine)> on_log;
  };

  static Result<std::unique_ptr<BootstrapNames>> open(io::EventLoop& loop, std::vector<BootstrapName> names,
                                                      Handlers handlers);
  BootstrapNames(const BootstrapNames&) = delete;
  BootstrapNames& operator=(const BootstrapNames&) = delete;
  ~BootstrapNames() = default;

  /// Looks up all names now, the given ones from here on (SIGHUP).
  void set_names(std::vector<BootstrapName> names);
  /// The host's addresses changed, or the ring was lost.
  void look_up_again();
  void set_joined(bool joined);

 private:
  BootstrapNames(io::EventLoop& loop, io::Resolver resolver, Handlers handlers);
  void look_up_all();
  void handle_result(const BootstrapName& name, const Result<std::vector<net::Endpoint>>& result);
  void publish();

  std::vector<BootstrapName> names_;
  std::map<BootstrapName, std::vector<net::Endpoint>> found_;
  std::size_t waiting_ = 0;
  bool failed_ = false;
  bool joined_ = false;
  Duration delay_;
  Handlers handlers_;
  std::vector<net::Endpoint> published_;
  io::LoopTimer timer_;
  io::Resolver resolver_;
};

}  // namespace ipop::daemon
