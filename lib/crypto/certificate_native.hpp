#pragma once

#include "crypto/certificate.hpp"
#include "crypto/openssl_ptr.hpp"

namespace ipop::crypto {

struct Certificate::Native {
  X509Ptr certificate{};
};

}  // namespace ipop::crypto
