#include <cstdlib>

#include "base/machine.hpp"
#include "control/rpc.hpp"
#include "control/saved_state.hpp"

using namespace ipop;

namespace {

void check_answer(const control::AnswerMessage& message) {
  if (!message.answer) return;
  const control::RequestId id(message.id);
  const std::string written = control::encode_answer(id, message.answer);
  const auto again = control::decode_message(written);
  if (!again) std::abort();
  const auto* same = std::get_if<control::AnswerMessage>(&*again);
  if (same == nullptr || !same->answer || control::encode_answer(id, same->answer) != written) std::abort();
}

void check_event(const node::Event& event) {
  const std::string written = control::encode_event(event);
  const auto again = control::decode_message(written);
  if (!again || !std::holds_alternative<node::Event>(*again)) std::abort();
  if (control::encode_event(std::get<node::Event>(*again)) != written) std::abort();
}

}  // namespace

// Whatever a node (or who sits on its socket) writes: what reads can be written and reads the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto message = control::decode_message(text)) {
    std::visit(Overloaded{
                   [](const control::AnswerMessage& answer) { check_answer(answer); },
                   [](const node::Event& event) { check_event(event); },
               },
               *message);
  }
  if (const auto state = control::parse_saved_state(text)) {
    const auto again = control::parse_saved_state(control::to_text(*state));
    if (!again || *again != *state) std::abort();
  }
  return 0;
}
