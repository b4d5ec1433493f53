#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

/// A system call that the kernel refuses where one of its arguments has this value (its lower 32 bits).
struct Refusal {
  long call = 0;
  unsigned argument = 0;
  std::uint32_t value = 0;
  int error = 0;
};

/// Runs `body` in a thread of its own in which the kernel refuses these (seccomp(2)); false where no thread may ask for
/// that.
inline bool with_refusing_kernel(const std::vector<Refusal>& refusals, const std::function<void()>& body) {
  std::vector<sock_filter> steps;
  for (const Refusal& it : refusals) {
    const auto place = static_cast<std::uint32_t>(offsetof(seccomp_data, args) + 8 * it.argument);
    steps.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)));
    steps.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(it.call), 0, 3));
    steps.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, place));  // little-endian
    steps.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, it.value, 0, 1));
    steps.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(it.error)));
  }
  steps.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  bool refuses = false;
  std::thread([&] {
    const sock_fprog program{static_cast<unsigned short>(steps.size()), steps.data()};
    refuses =
        ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
    if (refuses) body();
  }).join();
  if (!refuses) MESSAGE("skipped: no filter of system calls here");
  return refuses;
}
