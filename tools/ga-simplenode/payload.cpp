#include "payload.hpp"

#include <algorithm>
#include <array>
#include <filesystem>

#include "base/hex.hpp"
#include "crypto/hash.hpp"
#include "host_script.hpp"
#include "io/file.hpp"
#include "io/tar_writer.hpp"

namespace ipop::ga_simplenode {
namespace {

using fleet::PackageFile;

constexpr std::size_t largest_package = std::size_t{256} << 20U;
constexpr std::size_t largest_key = 65'536;
constexpr std::array<std::string_view, 5> our_packages{"ipop", "grid-appliance", "grid-appliance-pool",
                                                       "grid-appliance-tools", "grid-appliance-doc"};
// deb(5): an ar archive.
constexpr std::string_view package_mark = "!<arch>\ndebian-binary";

}  // namespace

Result<std::vector<PackageFile>> find_packages(const std::vector<std::string>& folders) {
  std::vector<PackageFile> out;
  for (const std::string& folder : folders) {
    std::error_code error;
    for (std::filesystem::recursive_directory_iterator it(folder, error), end; !error && it != end;
         it.increment(error)) {
      auto package = fleet::parse_package_file(it->path().string());
      if (package && std::ranges::find(our_packages, package->name) != our_packages.end())
        out.push_back(*std::move(package));
    }
    if (error) return make_error(error, folder);
  }
  if (out.empty()) return {Errc::not_found, "there is no package of ours in " + folders.front()};
  return out;
}

Result<std::string> read_key(const std::string& file) {
  auto key = io::read_file(file, largest_key);
  if (key && key->empty()) return {Errc::malformed, file + " is empty"};
  return key;
}

Result<io::MemoryFile> make_payload(const fleet::HostPlan& plan) {
  io::TarWriter tar;
  tar.add("host", host_script);
  if (plan.settings) tar.add("settings.toml", *plan.settings);
  if (plan.group_file) tar.add("group.toml", *plan.group_file);
  if (plan.source) tar.add("source.list", *plan.source);
  if (plan.key) tar.add(fleet::is_armored_key(*plan.key) ? "key.asc" : "key.gpg", *plan.key);
  if (plan.only_restarts) tar.add("restart", "");
  std::string sums;
  for (const PackageFile& package : plan.files) {
    const auto octets = io::read_file(package.path, largest_package);
    if (!octets) return octets.error();
    if (!octets->starts_with(package_mark)) return {Errc::malformed, package.path + " is no Debian package"};
    // The name of an entry is short; what is in it counts.
    const std::string name = package.name + ".deb";
    tar.add("debs/" + name, *octets);
    sums += to_hex(crypto::sha256(as_bytes(*octets))) + "  " + name + "\n";
  }
  if (!plan.files.empty()) tar.add("sums", sums);
  const auto octets = std::move(tar).finish();
  if (!octets) return octets.error();
  return io::MemoryFile::make(*octets);
}

}  // namespace ipop::ga_simplenode
