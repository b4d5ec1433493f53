#include "crypto/reseed.hpp"

#include <openssl/rand.h>

namespace ipop::crypto {

void reseed(ByteSpan entropy) {
  // The primary generator at once; those below it see its count of reseeds, and follow before they give
  // the next octet.
  RAND_add(entropy.data(), static_cast<int>(entropy.size()), static_cast<double>(entropy.size()));
}

}  // namespace ipop::crypto
