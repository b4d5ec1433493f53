#include "daemon/credentials.hpp"

#include <utility>

#include "crypto/revocation_list.hpp"

namespace ipop::daemon {

namespace {

Result<crypto::Certificate> load_certificate(const StateDirectory& directory, const crypto::PrivateKey& key) {
  const std::string file = directory.certificate_file();
  auto pem = directory.load_certificate();
  if (!pem) return std::move(pem).error();
  if (!*pem) {
    return make_error(make_error_code(Errc::not_found),
                      file +
                          ": this closed group needs a certificate; ask for one with `ga-cert join`, or put there "
                          "what the authority signed");
  }
  auto certificate = crypto::Certificate::from_pem(**pem);
  if (!certificate) return std::move(certificate).error().in(file);
  if (certificate->public_key() != key.public_key()) {
    return make_error(make_error_code(Errc::not_authorized), file + ": the certificate of another key than key.pem");
  }
  return certificate;
}

}  // namespace

Result<Credentials> load_credentials(StateDirectory& directory, const std::string& authority,
                                     const crypto::PrivateKey& key, WallTime wall) {
  if (authority.empty()) return Credentials{crypto::TrustStore::open_group(), std::nullopt};
  auto root = crypto::Certificate::from_pem(authority);
  if (!root) return std::move(root).error().in("the group's authority");
  auto trust = crypto::TrustStore::closed_group(*root);
  if (!trust) return std::move(trust).error().in("the group's authority");

  if (const auto octets = directory.load_revocations()) {
    auto list = crypto::decode_revocation_list(*octets);
    auto newer = list ? (*trust)->with_revocations(*std::move(list))
                      : Result<std::shared_ptr<const crypto::TrustStore>>(std::move(list).error());
    if (newer) {
      trust = std::move(newer);
    } else {
      directory.note_bad_revocations(newer.error());
    }
  }
  auto certificate = load_certificate(directory, key);
  if (!certificate) return std::move(certificate).error();
  if (auto good = (*trust)->verify(*certificate, wall); !good)
    return std::move(good).error().in(directory.certificate_file());
  return Credentials{*std::move(trust), *std::move(certificate)};
}

}  // namespace ipop::daemon
