#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"
#include "crypto/hash.hpp"
#include "crypto/private_key.hpp"

namespace ipop::ipop_dhcp {

/// How a server that follows proves who it is, in the header Authorization: its key, the time, and its signature over
/// the number after which it wants changes. A copy that is sent again within ten minutes reads what the first server
/// holds, and changes nothing.
std::string make_follower_proof(const crypto::PrivateKey& key, std::int64_t after, WallTime now);
/// The fingerprint of the key that made it. Errors: malformed, bad_checksum, expired (another time than `now`).
Result<crypto::Digest256> check_follower_proof(std::string_view proof, std::int64_t after, WallTime now);

}  // namespace ipop::ipop_dhcp
