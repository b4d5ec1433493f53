#include "io/descriptor_set.hpp"

#include <cstdint>
#include <sys/epoll.h>

namespace ipop::io {

Result<DescriptorSet> DescriptorSet::make() {
  UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll) return last_error("waiting for descriptors");
  return DescriptorSet(std::move(epoll));
}

void DescriptorSet::want(int descriptor, bool reading, bool writing) {
  // A descriptor in the set is reported when its peer has gone, whatever was asked for.
  if (!reading && !writing) return forget(descriptor);
  const Wish wish{reading, writing};
  const auto known = wishes_.find(descriptor);
  if (known != wishes_.end() && known->second == wish) return;
  epoll_event event{};
  event.events = std::uint32_t{reading ? EPOLLIN : 0U} | std::uint32_t{writing ? EPOLLOUT : 0U};
  event.data.fd = descriptor;
  const int what = known == wishes_.end() ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
  // One that the kernel does not take is left to its owner's time limit.
  if (::epoll_ctl(epoll_.get(), what, descriptor, &event) == 0) wishes_[descriptor] = wish;
}

void DescriptorSet::forget(int descriptor) {
  if (wishes_.erase(descriptor) > 0) (void)::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, descriptor, nullptr);
}

}  // namespace ipop::io
