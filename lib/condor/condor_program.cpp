#include "condor/condor_program.hpp"

#include <algorithm>

namespace ipop::condor {

Result<io::ProcessResult> run_condor(const std::vector<std::string>& command, Duration limit, std::size_t most_output) {
  auto ran = io::run_process(command, limit, most_output);
  // 127: `env` did not find it.
  const bool is_missing =
      ran ? ran->status == 127 && command.front() == "env" : ran.error().code == std::errc::no_such_file_or_directory;
  if (!is_missing) return ran;
  const auto program =
      std::ranges::find_if(command, [](const std::string& word) { return word.starts_with("condor_"); });
  return make_error(make_error_code(Errc::not_found), "HTCondor is not installed (no program " +
                                                          (program == command.end() ? command.front() : *program) +
                                                          "); install the package condor");
}

std::string first_paragraph(const std::string& output) {
  std::string out = output.substr(0, output.find("\n\n"));
  while (!out.empty() && out.back() == '\n')
    out.pop_back();
  std::ranges::replace(out, '\n', ' ');
  return out.substr(0, 512);
}

}  // namespace ipop::condor
