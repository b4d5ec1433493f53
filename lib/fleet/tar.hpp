#pragma once

#include <string>
#include <string_view>

namespace ipop::fleet {

/// An archive in the form ustar (POSIX.1-2017, pax, "ustar Interchange Format") of files for their owner only.
class TarWriter {
 public:
  /// `name` has less than 100 octets, and folders need no entry of their own.
  void add(std::string_view name, std::string_view octets);
  /// The archive. Nothing is added any more.
  [[nodiscard]] std::string finish() &&;

 private:
  std::string out_;
};

}  // namespace ipop::fleet
