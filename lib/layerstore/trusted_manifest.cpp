#include "layerstore/trusted_manifest.hpp"

#include <algorithm>
#include <filesystem>

#include "base/group_files.hpp"
#include "groups/group_config.hpp"
#include "io/file.hpp"

namespace ipop::layerstore {
namespace {

constexpr std::size_t largest_small_file = std::size_t{1} << 20U;
// A list of 100,000 keys.
constexpr std::size_t largest_list = std::size_t{8} << 20U;

Result<void> add_trust_file(const std::string& path, layers::TrustedSigners& out) {
  if (path.ends_with(".pem")) {
    const auto pem = io::read_file(path, largest_small_file);
    if (!pem) return pem.error();
    auto certificate = crypto::Certificate::from_pem(*pem);
    if (!certificate) return std::move(certificate).error().in(path);
    out.certificates.push_back(*std::move(certificate));
  } else if (path.ends_with(".revocations")) {
    const auto octets = io::read_file(path, largest_list);
    if (!octets) return octets.error();
    auto list = crypto::decode_revocation_list(as_bytes(*octets));
    if (!list) return std::move(list).error().in(path);
    out.revocations.push_back(*std::move(list));
  }
  return {};
}

/// Files of a directory, in one order on every machine.
std::vector<std::string> files_of_directory(const std::string& directory, std::error_code& error) {
  std::vector<std::string> out;
  for (std::filesystem::directory_iterator it(directory, error), end; !error && it != end; it.increment(error))
    out.push_back(it->path().string());
  std::ranges::sort(out);
  return out;
}

Result<void> add_group(const Places& places, layers::TrustedSigners& out) {
  const std::string path = GroupFiles(places.group, places.groups).config();
  if (auto name = groups::check_group_name(places.group); !name) return name;
  const auto text = io::read_file(path, largest_small_file);
  if (!text) return text.error();
  const auto config = groups::parse_group_config(*text, path);
  if (!config) return config.error();
  if (config->authority.empty())
    return {Errc::not_authorized, "the group " + config->name + " is open: it has no authority that could sign"};
  auto certificate = crypto::Certificate::from_pem(config->authority);
  if (!certificate) return std::move(certificate).error().in(path);
  out.certificates.push_back(*std::move(certificate));
  // Where the group's node keeps the list of the last time.
  const std::string list = GroupFiles(config->name).node().revocations();
  if (places.groups != groups_directory || !io::exists(list)) return {};
  const auto octets = io::read_file(list, largest_list);
  if (!octets) return octets.error();
  auto decoded = crypto::decode_revocation_list(as_bytes(*octets));
  if (!decoded) return std::move(decoded).error().in(list);
  out.revocations.push_back(*std::move(decoded));
  return {};
}

}  // namespace

Result<layers::TrustedSigners> load_trust(const Places& places) {
  layers::TrustedSigners out;
  std::error_code error;
  const auto files = files_of_directory(places.trust, error);
  if (error && error != std::errc::no_such_file_or_directory) return make_error(error, "reading " + places.trust);
  for (const std::string& path : files)
    if (auto added = add_trust_file(path, out); !added) return added.error();
  if (!places.group.empty()) {
    if (auto added = add_group(places, out); !added) return added.error();
  }
  return out;
}

Result<ReadManifest> read_manifest(const std::string& path, const layers::TrustedSigners* trusted) {
  auto text = io::read_file(path, layers::largest_manifest + largest_small_file);
  if (!text) return std::move(text).error();
  const auto envelope = layers::parse_envelope(*text, path);
  if (!envelope) return envelope.error();
  if (trusted != nullptr) {
    if (auto right = layers::check_signer(*envelope, *trusted, std::nullopt); !right)
      return Error(right.error()).in(path);
  }
  auto manifest = layers::parse_manifest(envelope->body, path);
  if (!manifest) return std::move(manifest).error();
  if (trusted != nullptr) {
    if (auto right = layers::check_signer(*envelope, *trusted, manifest->made); !right)
      return Error(right.error()).in(path);
  }
  ReadManifest out{*std::move(manifest), {}, {}, {}};
  if (envelope->signer) {
    out.signer = envelope->signer->common_name();
    out.signer_key = envelope->signer->key_fingerprint();
  }
  out.text = *std::move(text);
  return out;
}

Result<ReadManifest> read_manifest_of(const Places& places, const layers::StackLayer& layer) {
  return read_manifest(places.store.manifest(layer.name, layer.number), nullptr);
}

Result<void> put_release(const Places& places, const ReadManifest& release, const std::string& image) {
  const std::string to = places.store.release(release.manifest.name, release.manifest.number);
  if (auto moved = io::rename_file(image, to + ".squashfs"); !moved) return moved;
  return io::write_file_atomically(to + ".manifest", release.text, 0644);
}

}  // namespace ipop::layerstore
