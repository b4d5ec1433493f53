#include "bench/options.hpp"

#include <charconv>

namespace ipop::bench {

namespace {

template <class T>
bool parse_number(std::string_view text, T& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc{} && end == text.data() + text.size();
}

}  // namespace

std::variant<Options, cli::ExitStatus> parse_options(int argc, const char* const* argv, std::string_view program,
                                                     std::string_view measures, const cli::Streams& streams) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (name == "-h" || name == "--help") {
      streams.out << "usage: " << program << " [--output FILE] [--seed N] [--trials N]\n\n"
                  << measures << "\nPrints a table and appends one JSON object a figure to FILE (" << options.output
                  << ").\n";
      return cli::finish(streams, program, cli::ExitStatus::done);
    }
    const bool has_value = i + 1 < argc;
    const std::string_view value = has_value ? argv[i + 1] : "";
    const bool understood = has_value && ((name == "--output" && !value.empty()) ||
                                          (name == "--seed" && parse_number(value, options.seed)) ||
                                          (name == "--trials" && parse_number(value, options.trials)));
    if (!understood) {
      cli::complain(streams, program, "not understood: " + std::string(name) + " " + std::string(value));
      cli::suggest(streams, std::string(program) + " --help");
      return cli::ExitStatus::usage;
    }
    if (name == "--output") options.output = value;
    ++i;
  }
  return options;
}

}  // namespace ipop::bench
