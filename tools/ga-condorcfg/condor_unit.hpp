#pragma once

#include <string>

#include "base/time.hpp"
#include "condor_service.hpp"
#include "systemd_service.hpp"

namespace ipop::ga_condorcfg {

/// HTCondor as the service `condor` of systemd.
class CondorUnit final : public CondorService {
 public:
  CondorUnit(io::EventLoop& loop, std::string config, Handlers handlers);

  void take_over() override;
  void start(bool changed) override;
  void reload() override;
  void restart() override;
  void stop() override;
  void handle_child() override {}

 private:
  void press();

  std::string config_;
  SystemdService unit_;
  TimePoint limit_{};  // of a stop in good order
  io::LoopTimer patience_;
};

}  // namespace ipop::ga_condorcfg
