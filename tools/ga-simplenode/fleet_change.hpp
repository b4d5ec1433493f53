#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "errands.hpp"
#include "fleet/host_plan.hpp"
#include "fleet_output.hpp"
#include "io/memory_file.hpp"

namespace ipop::ga_simplenode {

/// What is changed on many hosts: planned for each from what it said, then carried out. What fails is said at once and
/// noted in its row; a host that failed is left out of all that follows.
class FleetChange {
 public:
  FleetChange(const Context& context, std::vector<FleetRow> rows)
      : context_(context), rows_(std::move(rows)), plans_(rows_.size()) {}

  using MakePlan = std::function<Result<fleet::HostPlan>(const fleet::Host&, const fleet::Report&)>;
  void plan(const MakePlan& make);
  /// Prints the steps of each host; for --dry-run.
  cli::ExitStatus show_plans() const;
  /// Sends the plans that have steps, and runs the script there with these words.
  void carry_out(const std::string& doing, const std::string& words, std::size_t at_once,
                 fleet::Rota::AfterFailure after);
  /// Waits on all hosts side by side until the group's nodes have links.
  void wait_for_links(const std::string& group);

  [[nodiscard]] const std::vector<FleetRow>& rows() const { return rows_; }
  [[nodiscard]] std::size_t failed() const;

 private:
  /// Hosts, and their places in `rows_`.
  struct Selection {
    std::vector<fleet::Host> hosts{};
    std::vector<std::size_t> places{};
  };
  [[nodiscard]] Selection select(const std::function<bool(std::size_t)>& is_meant) const;
  std::vector<std::optional<io::MemoryFile>> make_payloads(const Selection& hosts);
  /// Takes a host's last word; whether that is a good one.
  bool take(std::size_t place, Result<fleet::Report> report);
  void fail(std::size_t place, const std::string& why);
  void tell(std::size_t place, const std::string& what) const;

  const Context& context_;
  std::vector<FleetRow> rows_;
  std::vector<std::optional<fleet::HostPlan>> plans_;
};

/// The packages of these folders, or the repository with its key; neither: what the hosts have. Errors: errno,
/// malformed.
Result<fleet::PackageSource> read_source(const PackageChoice& choice);

}  // namespace ipop::ga_simplenode
