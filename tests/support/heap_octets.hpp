#pragma once

#include <cstddef>
#include <malloc.h>

#if defined(__SANITIZE_ADDRESS__)
extern "C" std::size_t __sanitizer_get_current_allocated_bytes();  // gcc has no header for it
#endif

namespace ipop::test_support {

/// Octets of the heap that are in use at this moment, without what the allocator keeps for later.
inline std::size_t heap_octets() {
#if defined(__SANITIZE_ADDRESS__)
  return __sanitizer_get_current_allocated_bytes();
#else
  const auto heap = mallinfo2();
  return heap.uordblks + heap.hblkhd;
#endif
}

}  // namespace ipop::test_support
