#pragma once

#include "overlay/link_message.hpp"

namespace ipop::overlay {

/// How a link came to its end, as far as others want to tell these apart.
enum class LinkEnd {
  lost,      ///< the peer was not heard any more
  unneeded,  ///< one of the two had no use for it
  full,      ///< one of the two has as many as it keeps
  left,      ///< the peer said that it stops
  revoked,   ///< the authority shut the peer out
};

/// What becomes of a link that one of the two ends closed.
constexpr LinkEnd end_by(CloseReason reason) {
  switch (reason) {
    case CloseReason::unneeded: return LinkEnd::unneeded;
    case CloseReason::full: return LinkEnd::full;
    case CloseReason::leaving: return LinkEnd::left;
    default: return LinkEnd::lost;
  }
}

}  // namespace ipop::overlay
