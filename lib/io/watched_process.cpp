#include "io/watched_process.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <optional>
#include <unistd.h>

#include "io/piped_child.hpp"
#include "io/system_clock.hpp"

namespace ipop::io {

struct WatchedProcess::State {
  State(EventLoop& loop, PipedChild started, std::string program, Handler to_call, std::size_t most)
      : child(std::move(started)),
        name(std::move(program)),
        handler(std::move(to_call)),
        most_output(most),
        watch(std::in_place, loop, child.output.get(), [this] { read(); }),
        limit(loop, [this] { end(true); }) {}
  ~State() {
    if (!child.output) return;
    ::kill(child.id, SIGKILL);
    (void)wait_for_end(child.id);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  void read() {
    std::array<char, 4096> block{};
    while (true) {
      const ssize_t got = ::read(child.output.get(), block.data(), block.size());
      if (got < 0 && errno == EINTR) continue;
      if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
      if (got <= 0) return end(false);
      output.append(block.data(), std::min(static_cast<std::size_t>(got), most_output - output.size()));
    }
  }

  /// The program's end, or that of the time it had. One that closed its output and goes on is ended, so that the
  /// loop never waits for it; one that ends already keeps its status.
  void end(bool is_late) {
    watch.reset();
    limit.disarm();
    ::kill(child.id, SIGKILL);
    const int status = wait_for_end(child.id);
    child.output.reset();
    // The handler may destroy this.
    const Handler last = std::move(handler);
    if (is_late) return last(make_error(std::make_error_code(std::errc::timed_out), name + " did not end"));
    last(ProcessResult{status, std::move(output)});
  }

  PipedChild child;
  std::string name;
  Handler handler;
  std::size_t most_output;
  std::string output;
  std::optional<ReadWatch> watch;
  LoopTimer limit;
};

Result<std::unique_ptr<WatchedProcess>> WatchedProcess::start(EventLoop& loop, const std::vector<std::string>& command,
                                                              Duration limit, Handler handler, std::size_t most_output,
                                                              const std::string& input) {
  auto child = spawn_piped(command, input);
  if (!child) return std::move(child).error();
  const int fd = child->output.get();
  auto state = std::make_unique<State>(loop, *std::move(child), command.front(), std::move(handler), most_output);
  if (::fcntl(fd, F_SETFL, O_NONBLOCK) != 0) return last_error("running " + command.front());
  state->limit.arm(monotonic_now() + limit);
  return std::unique_ptr<WatchedProcess>(new WatchedProcess(std::move(state)));
}

WatchedProcess::WatchedProcess(std::unique_ptr<State> state) : state_(std::move(state)) {}
WatchedProcess::~WatchedProcess() = default;

}  // namespace ipop::io
