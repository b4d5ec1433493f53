#include "desk/request_files.hpp"

#include <algorithm>
#include <filesystem>
#include <vector>

#include "base/hex.hpp"
#include "io/file.hpp"

namespace ipop::desk {

using authority::AuthorityBook;

Result<void> RequestFiles::put(const crypto::CertificateRequest& request) const {
  return io::write_file_atomically(path_of(request.key_fingerprint()), request.to_pem(), 0600);
}

Result<crypto::CertificateRequest> RequestFiles::find(const crypto::Digest256& key) const {
  const std::string path = path_of(key);
  const auto pem = io::read_file(path, 2 * max_request);
  if (!pem && pem.error().code == std::errc::no_such_file_or_directory)
    return {Errc::not_found, "no request of this key is kept"};
  if (!pem) return pem.error();
  auto request = crypto::CertificateRequest::from_pem(*pem);
  if (!request) return std::move(request).error().in(path);
  if (request->key_fingerprint() != key) return {Errc::malformed, path + ": it is another key's request"};
  return request;
}

void RequestFiles::remove(const crypto::Digest256& key) const {
  std::error_code ignored;
  std::filesystem::remove(path_of(key), ignored);
}

void RequestFiles::forget_denied(const AuthorityBook& book) const {
  std::vector<const AuthorityBook::Request*> denied;
  for (const auto& [key, request] : book.requests())
    if (request.what == AuthorityBook::Request::What::denied) denied.push_back(&request);
  if (denied.size() <= max_denied) return;
  std::ranges::sort(denied, std::ranges::greater(), [](const auto* request) { return request->decided; });
  for (std::size_t i = max_denied; i < denied.size(); ++i)
    remove(denied[i]->key);
}

std::string RequestFiles::path_of(const crypto::Digest256& key) const {
  return files_.request(to_hex(key));
}

}  // namespace ipop::desk
