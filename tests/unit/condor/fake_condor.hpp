#pragma once

#include <cstdlib>
#include <fstream>
#include <string>

#include "../io/temp_dir.hpp"

/// A machine with those programs of HTCondor that a test writes, and no others.
class FakeCondor {
 public:
  FakeCondor() { ::setenv("PATH", (programs_.path() + ":/usr/bin:/bin").c_str(), 1); }
  FakeCondor(const FakeCondor&) = delete;
  FakeCondor& operator=(const FakeCondor&) = delete;
  ~FakeCondor() { ::setenv("PATH", path_.c_str(), 1); }

  /// `script`: what the program does. Each call of it is a line of calls().
  void write(const std::string& name, const std::string& script) {
    const std::string file = programs_.file(name);
    std::ofstream(file) << "#!/bin/sh\necho " << name << " \"$@\" >>" << programs_.file("calls") << "\n"
                        << script << "\n";
    std::filesystem::permissions(file, std::filesystem::perms::owner_all);
  }
  /// A pool with a manager, a queue and a worker of 4 cores.
  void write_whole_pool() {
    write("condor_status", R"(case $* in *TotalSlotCpus*) echo 4 ;; *) echo "<10.128.0.5:9618>" ;; esac)");
    write("condor_q", ":");
    write("condor_rm", ":");
  }
  /// A condor_submit whose jobs' log has these events at once.
  void write_submit(const std::string& events) {
    write("condor_submit", "echo '7.0 - 7.1'\ncat >>\"${2%.sub}.log\" <<'EOF'\n" + events + "EOF");
  }
  [[nodiscard]] std::string calls() const {
    std::ifstream in(programs_.file("calls"));
    return {std::istreambuf_iterator<char>(in), {}};
  }
  [[nodiscard]] bool was_called(const std::string& command) const {
    return ("\n" + calls()).find("\n" + command) != std::string::npos;
  }

 private:
  TempDir programs_;
  std::string path_ = std::getenv("PATH");  // NOLINT(concurrency-mt-unsafe): these tests have one thread
};
