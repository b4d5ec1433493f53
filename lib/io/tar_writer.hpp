#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace ipop::io {

/// Makes an archive in the form ustar (POSIX.1-2017, pax, "ustar Interchange Format") of files for their owner only, in
/// memory.
class TarWriter {
 public:
  TarWriter();
  TarWriter(const TarWriter&) = delete;
  TarWriter& operator=(const TarWriter&) = delete;
  ~TarWriter();

  /// Folders need no entry of their own. What goes wrong is told by finish().
  void add(const std::string& name, std::string_view octets);
  /// The archive; nothing is added any more. Error: malformed, with the reason (a name of more than 100 octets).
  [[nodiscard]] Result<std::string> finish() &&;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ipop::io
