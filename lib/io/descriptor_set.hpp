#pragma once

#include <map>

#include "base/result.hpp"
#include "io/unique_fd.hpp"

namespace ipop::io {

/// Descriptors of another library, waited for through one of ours (epoll(7)): `fd()` can be read as long as one
/// of them is ready.
class DescriptorSet {
 public:
  /// Errors: errno (too many open files, no memory).
  static Result<DescriptorSet> make();

  [[nodiscard]] int fd() const { return epoll_.get(); }
  /// Waits for `descriptor` to be readable, writable, either or neither, from here on.
  void want(int descriptor, bool reading, bool writing);
  /// To be called before the owner closes `descriptor`: its number may come back as another's.
  void forget(int descriptor);

 private:
  struct Wish {
    bool reading = false;
    bool writing = false;
    friend bool operator==(const Wish&, const Wish&) = default;
  };

  explicit DescriptorSet(UniqueFd epoll) : epoll_(std::move(epoll)) {}

  UniqueFd epoll_;
  std::map<int, Wish> wishes_;  // of those that are waited for
};

}  // namespace ipop::io
