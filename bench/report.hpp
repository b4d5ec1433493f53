#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/exit_status.hpp"
#include "cli/progress.hpp"
#include "cli/streams.hpp"

namespace ipop::bench {

/// What a figure should be.
struct Aim {
  enum class Kind { at_most, at_least };
  Kind kind = Kind::at_most;
  double limit = 0;
};
constexpr Aim at_most(double limit) {
  return {Aim::Kind::at_most, limit};
}
constexpr Aim at_least(double limit) {
  return {Aim::Kind::at_least, limit};
}

/// The figures of one bench: a table for a person, and one JSON object a line for the record.
///
///     {"bench":"sim","metric":"routable_p50","value":1.42,"unit":"s","aim":"<= 2","met":true,"seed":7,"commit":"..."}
///
/// `aim` and `met` are null where there is no aim. An aim that is not met is no failure of the program.
class Report {
 public:
  Report(std::string bench, std::uint64_t seed, std::string output, const cli::Streams& streams);

  /// What is being done; replaced by the next, shown only on a terminal.
  void progress(std::string_view what) { progress_.show(what); }
  /// `note` says how the figure came about: number of trials, spread.
  void add(std::string metric, double value, std::string unit, std::optional<Aim> aim = std::nullopt,
           std::string note = {});
  /// Prints the table and appends the record. `no` when the record can't be written.
  [[nodiscard]] cli::ExitStatus finish();

 private:
  struct Figure {
    std::string bench{};
    std::string metric{};
    double value = 0;
    std::string unit{};
    std::optional<Aim> aim{};
    std::string note{};
  };

  [[nodiscard]] std::string line_of(const Figure& figure, std::string_view commit) const;

  std::string bench_;
  std::uint64_t seed_;
  std::string output_;
  const cli::Streams& streams_;
  cli::Progress progress_;
  std::vector<Figure> figures_;
};

/// The value below which `share` (0 to 1) of the values lie (nearest rank); 0 of none.
double percentile(std::vector<double> values, double share);

/// Processor time of this program in seconds: what else the machine does does not count.
double processor_seconds();

/// Keeps the compiler from leaving out a calculation whose result nobody reads.
template <class T>
void keep(const T& value) {
  asm volatile("" : : "r"(&value) : "memory");
}

}  // namespace ipop::bench
