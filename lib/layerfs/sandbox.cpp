#include "layerfs/sandbox.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "io/unique_fd.hpp"

namespace ipop::layerfs {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t architecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t architecture = AUDIT_ARCH_AARCH64;
#else
#error "which calls a confined process may make is said for x86-64 and arm64"
#endif

/// What filling files takes. All else fails with EPERM.
constexpr std::array allowed_calls{
    SYS_read,      SYS_write,        SYS_pread64,        SYS_pwrite64,     SYS_readv,          SYS_writev,
    SYS_close,     SYS_lseek,        SYS_fstat,          SYS_newfstatat,   SYS_ftruncate,      SYS_fcntl,
    SYS_openat,    SYS_utimensat,    SYS_mmap,           SYS_munmap,       SYS_mprotect,       SYS_mremap,
    SYS_madvise,   SYS_brk,          SYS_futex,          SYS_exit,         SYS_exit_group,     SYS_getpid,
    SYS_gettid,    SYS_rt_sigaction, SYS_sigaltstack,    SYS_rt_sigreturn, SYS_rt_sigprocmask, SYS_clock_gettime,
    SYS_getrandom, SYS_sched_yield,  SYS_restart_syscall};

bool filter_calls() {
  std::vector<sock_filter> filter{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, architecture, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
  };
  for (const long call : allowed_calls) {
    filter.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call), 0, 1));
    filter.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  }
  filter.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM));
  const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
  return ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0;
}

/// Below the directory files are made, read and written; elsewhere nothing.
bool confine_by_landlock(int directory) {
  const long version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  if (version < 1) return false;
  constexpr std::uint64_t all_of_version_1 = (1ULL << 13U) - 1;
  constexpr std::uint64_t refer = 1ULL << 13U;
  constexpr std::uint64_t truncate = 1ULL << 14U;
  landlock_ruleset_attr attributes{};
  attributes.handled_access_fs = all_of_version_1 | (version >= 2 ? refer : 0) | (version >= 3 ? truncate : 0);
  const io::UniqueFd rules(
      static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attributes, sizeof(attributes), 0)));
  if (!rules) return false;
  landlock_path_beneath_attr beneath{};
  beneath.allowed_access = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_MAKE_REG |
                           (attributes.handled_access_fs & truncate);
  beneath.parent_fd = directory;
  if (::syscall(SYS_landlock_add_rule, rules.get(), LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) != 0) return false;
  return ::syscall(SYS_landlock_restrict_self, rules.get(), 0) == 0;
}

/// The directory as the root of all that can be named.
bool confine_by_root(int directory) {
  if (::geteuid() != 0 && ::unshare(CLONE_NEWUSER) != 0) return false;
  return ::fchdir(directory) == 0 && ::chroot(".") == 0;
}

bool drop_capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> none{};
  return ::syscall(SYS_capset, &header, none.data()) == 0;
}

bool confine(const Confinement& confinement) {
  const rlimit file_size{confinement.largest_file, confinement.largest_file};
  if (::setrlimit(RLIMIT_FSIZE, &file_size) != 0) return false;
#if !defined(__SANITIZE_ADDRESS__)
  // The address sanitizer reserves terabytes.
  const rlimit memory{1UL << 30U, 1UL << 30U};
  if (::setrlimit(RLIMIT_AS, &memory) != 0) return false;
#endif
  const rlimit none{0, 0};
  if (::setrlimit(RLIMIT_CORE, &none) != 0) return false;
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) return false;
  if (!confine_by_landlock(confinement.directory) && !confine_by_root(confinement.directory)) return false;
  return drop_capabilities() && filter_calls();
}

/// Where the child's reasons come from; at most so much of them is read.
constexpr std::size_t longest_reason = 4096;
constexpr int ended_well = 0;
constexpr int ended_badly = 1;
constexpr int not_confined = 2;

std::string read_reason(int fd) {
  std::string out;
  std::array<char, 512> block{};
  while (out.size() < longest_reason) {
    const ssize_t got = ::read(fd, block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    out.append(block.data(), static_cast<std::size_t>(got));
  }
  return out;
}

[[noreturn]] void work_confined(const Confinement& confinement, const std::function<Result<void>()>& work, int reason) {
  if (!confine(confinement)) ::_exit(not_confined);
  const auto done = work();
  if (done) ::_exit(ended_well);
  const std::string message = done.error().message();
  (void)!::write(reason, message.data(), std::min(message.size(), longest_reason));
  ::_exit(ended_badly);
}

}  // namespace

Result<void> run_confined(const Confinement& confinement, const std::function<Result<void>()>& work) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return io::last_error("starting the process that unpacks");
  const io::UniqueFd reader(ends[0]);
  io::UniqueFd writer(ends[1]);
  const pid_t child = ::fork();
  if (child < 0) return io::last_error("starting the process that unpacks");
  if (child == 0) work_confined(confinement, work, writer.get());
  writer.reset();
  const std::string reason = read_reason(reader.get());
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == ended_well) return {};
  if (WIFEXITED(status) && WEXITSTATUS(status) == ended_badly) return {Errc::malformed, reason};
  if (WIFEXITED(status) && WEXITSTATUS(status) == not_confined)
    return {Errc::not_authorized,
            "this kernel gives no sandbox (Landlock and seccomp), and nothing is unpacked outside of one"};
  return {Errc::not_authorized, "the process that unpacks was ended"};
}

}  // namespace ipop::layerfs
