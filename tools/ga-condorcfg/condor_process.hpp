#pragma once

#include <optional>
#include <string>
#include <vector>

#include "condor_service.hpp"
#include "io/child_process.hpp"

namespace ipop::ga_condorcfg {

/// HTCondor as a child of this program, which is started again when it ends unasked.
class CondorProcess final : public CondorService {
 public:
  CondorProcess(io::EventLoop& loop, std::vector<std::string> command, Handlers handlers);

  void take_over() override {}
  void start(bool changed) override;
  void reload() override;
  void restart() override;
  void stop() override;
  void handle_child() override;

 private:
  void spawn();
  void end_child(Ending how);
  void press();

  std::vector<std::string> command_;
  std::optional<io::ChildProcess> child_;
  io::LoopTimer again_;
  io::LoopTimer patience_;
};

}  // namespace ipop::ga_condorcfg
