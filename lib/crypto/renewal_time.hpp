#pragma once

#include "base/time.hpp"
#include "crypto/certificate.hpp"

namespace ipop::crypto {

/// When a certificate is to be renewed: at two thirds of the time between its signing and its end. An
/// authority lets a certificate begin validity_head_start before it signs it; another's, which may live
/// for less than that, is taken to be signed when it begins.
WallTime renewal_time(const Certificate& certificate);
/// The same, of two times.
WallTime renewal_time(WallTime not_before, WallTime not_after);

}  // namespace ipop::crypto
