#include <cstdlib>

#include "control/rpc.hpp"

using namespace ipop;

// A request that is understood can be written again and is understood in the same way; one that is not
// gets an answer that a client can read.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view line(reinterpret_cast<const char*>(data), size);
  const auto decoded = control::decode_request(line);
  if (const auto* bad = std::get_if<control::BadRequest>(&decoded)) {
    const std::string answer = control::encode_bad_request(*bad);
    if (answer.find('\n') != std::string::npos || !control::decode_message(answer)) std::abort();
    return 0;
  }
  const auto& request = std::get<control::Request>(decoded);
  const auto* command = std::get_if<node::Command>(&request.what);
  if (command == nullptr) return 0;
  const std::string written = control::encode_request(1, *command);
  const auto again = control::decode_request(written);
  const auto* same = std::get_if<control::Request>(&again);
  if (same == nullptr) std::abort();
  const auto* same_command = std::get_if<node::Command>(&same->what);
  if (same_command == nullptr || control::encode_request(1, *same_command) != written) std::abort();
  return 0;
}
