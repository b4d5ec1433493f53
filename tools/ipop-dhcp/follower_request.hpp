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

/// The answer, which nobody on the way can change and nobody gives to another question: `asked` is the proof that came
/// with this one. `json` is an object.
std::string sign_changes(std::string json, std::string_view asked, const crypto::PrivateKey& key);
/// The key that signed the answer; it is JSON as it stands. Errors: malformed, bad_checksum.
Result<crypto::Digest256> check_changes(std::string_view json, std::string_view asked);

}  // namespace ipop::ipop_dhcp
