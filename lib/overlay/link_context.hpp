#pragma once

#include "base/bytes.hpp"

namespace ipop::overlay {

/// What separates the links of one ring from those of every other, and from its end-to-end sessions: the context of
/// its ChannelTable.
[[nodiscard]] Bytes link_context(ByteSpan name_space);

}  // namespace ipop::overlay
