#include "cli/question.hpp"

#include <string>

namespace ipop::cli {
namespace {

std::string answer_to(const Streams& streams, std::string_view question, std::string_view hint) {
  streams.err << question << ' ' << hint << ' ' << std::flush;
  std::string line;
  std::getline(streams.in, line);
  return line;
}

}  // namespace

bool can_ask(const Streams& streams) {
  return streams.in_is_terminal && streams.err_is_terminal;
}

bool ask_yes(const Streams& streams, std::string_view question) {
  const std::string answer = answer_to(streams, question, "[y/N]");
  return answer == "y" || answer == "Y" || answer == "yes";
}

bool ask_for_word_yes(const Streams& streams, std::string_view question) {
  return answer_to(streams, question, "Type yes:") == "yes";
}

}  // namespace ipop::cli
