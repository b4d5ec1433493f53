#pragma once

#include "base/bytes.hpp"

namespace ipop::crypto {

/// Makes OpenSSL's generators, which the TLS handshakes draw their keys from, go on from another state.
///
/// For a process that may be a copy of another one (a restored snapshot, a clone): until then both
/// would draw the same. `entropy` is fresh, from the kernel, and at least 32 octets. It is added to the state,
/// so nothing is lost when it is bad; the generators also read the kernel's anew.
void reseed(ByteSpan entropy);

}  // namespace ipop::crypto
