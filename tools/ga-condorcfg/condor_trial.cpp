#include "condor_trial.hpp"

#include <filesystem>
#include <sstream>
#include <utility>

#include "condor/condor_program.hpp"
#include "condor_place.hpp"
#include "io/file.hpp"

namespace ipop::ga_condorcfg {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t largest_tried_file = std::size_t{1} << 20U;
// HTCondor 23.9 knows 1,400 keys, and says 200 kB of them.
constexpr std::size_t largest_reading = std::size_t{8} << 20U;

/// A directory of its own below HTCondor's, gone at the end.
class Scratch {
 public:
  explicit Scratch(std::string path) : path_(std::move(path)) { remove(); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() { remove(); }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  void remove() {
    std::error_code error;
    fs::remove_all(path_, error);
  }
  std::string path_;
};

bool is_complaint(const std::string& output) {
  return output.find("ERROR") != std::string::npos || output.find("Configuration Error") != std::string::npos;
}

/// Which other files of HTCondor are read beside ours.
enum class Beside { all, earlier };

/// HTCondor's directories once more, with `text` in place of our file; gone with this.
class Trial {
 public:
  explicit Trial(const Context& context) : scratch_(context.options.condor + "/grid-appliance/trial") {}

  Result<void> prepare(const Context& context, const std::string& text, Beside beside);
  /// `condor_config_val WORDS...` of it.
  [[nodiscard]] Result<io::ProcessResult> ask(const std::vector<std::string>& words) const;

 private:
  [[nodiscard]] std::string file() const { return scratch_.path() + "/condor_config"; }

  Scratch scratch_;
};

Result<void> Trial::prepare(const Context& context, const std::string& text, Beside beside) {
  const CondorPaths paths = condor_paths(context);
  const auto main = io::read_file(context.options.condor + "/condor_config", largest_tried_file);
  if (!main) {
    // Without its programs the missing file says nothing.
    if (auto version = condor::run_condor({"condor_version"}); !version) return std::move(version).error();
    return main.error();
  }
  const auto directories = condor::run_condor({"condor_config_val", "LOCAL_CONFIG_DIR"});
  if (!directories) return directories.error();

  // HTCondor's daemons read the authority's certificate there, not as root.
  if (auto made = io::make_directories(context.options.condor + "/grid-appliance", 0755); !made) return made;
  if (auto made = io::make_directories(scratch_.path(), 0700); !made) return made;
  const std::string real = paths.config.substr(0, paths.config.rfind('/'));
  std::error_code error;
  const std::string trial = fs::absolute(scratch_.path(), error).string() + "/config.d";
  // What links point at is read, wherever the link is.
  fs::copy(real, trial, fs::copy_options::recursive, error);
  if (error && error != std::errc::no_such_file_or_directory) return Result<void>(make_error(error, "copying " + real));
  if (auto made = io::make_directories(trial, 0755); !made) return made;
  if (beside == Beside::earlier) {
    std::vector<fs::path> later;
    for (fs::directory_iterator it(trial, error), end; !error && it != end; it.increment(error))
      if (it->path().filename() > config_name) later.push_back(it->path());
    for (const fs::path& path : later)
      fs::remove_all(path, error);
  }
  if (auto written = io::write_file_atomically(trial + "/" + config_name, text, 0644); !written) return written;

  std::string list = directories->status == 0 ? directories->output.substr(0, directories->output.find('\n')) : real;
  const auto at = list.find(real);
  if (at != std::string::npos)
    list.replace(at, real.size(), trial);
  else
    list = trial;
  std::string more = "\nLOCAL_CONFIG_DIR = " + list + "\n";
  // The files that it names are read after the directories.
  if (beside == Beside::earlier)
    more = "\nLOCAL_CONFIG_DIR = " + (at == std::string::npos ? list : list.substr(0, at + trial.size())) +
           "\nLOCAL_CONFIG_FILE =\n";
  return io::write_file_atomically(file(), *main + more, 0644);
}

Result<io::ProcessResult> Trial::ask(const std::vector<std::string>& words) const {
  std::vector<std::string> command{"env", "CONDOR_CONFIG=" + file(), "condor_config_val"};
  command.insert(command.end(), words.begin(), words.end());
  return condor::run_condor(command, 30s, largest_reading);
}

Result<pool::CondorReading> reading_of(const Result<io::ProcessResult>& dump) {
  if (!dump) return dump.error();
  if (dump->status != 0)
    return make_error(make_error_code(Errc::malformed),
                      "HTCondor does not say what it reads: " + condor::first_paragraph(dump->output));
  return pool::parse_condor_reading(dump->output);
}

/// What the templates say that the text uses and that are its owner's to change.
std::string templates_of(const std::string& text) {
  std::string out;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("use POLICY:") && !line.starts_with("use FEATURE:")) continue;
    const auto said = condor::run_condor({"condor_config_val", "use", line.substr(4)});
    if (said && said->status == 0) out += said->output;
  }
  return out;
}

}  // namespace

Result<void> try_config(const Context& context, const std::string& text) {
  Trial trial(context);
  if (auto prepared = trial.prepare(context, text, Beside::all); !prepared) return prepared;
  const auto tried = trial.ask({"-summary"});
  if (!tried) return tried.error();
  if (tried->status == 0 && !is_complaint(tried->output)) return {};
  return Result<void>(make_error(make_error_code(Errc::malformed),
                                 "HTCondor rejects this configuration: " + condor::first_paragraph(tried->output)));
}

Result<std::vector<pool::OverriddenKey>> overridden_keys(const Context& context, const std::string& text) {
  Trial trial(context);
  if (auto prepared = trial.prepare(context, text, Beside::earlier); !prepared) return std::move(prepared).error();
  const auto alone = reading_of(trial.ask({"-dump", "-verbose"}));
  if (!alone) return alone.error();
  const auto all = reading_of(condor::run_condor({"condor_config_val", "-dump", "-verbose"}, 30s, largest_reading));
  if (!all) return all.error();
  return pool::find_overridden({text, templates_of(text), std::string("/") + config_name}, *alone, *all);
}

}  // namespace ipop::ga_condorcfg
