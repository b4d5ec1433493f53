#include "apt.hpp"
#include "arrival.hpp"
#include "cli/json_writer.hpp"
#include "cli/text.hpp"
#include "io/file.hpp"
#include "layerfs/tree_writer.hpp"
#include "offer.hpp"
#include "update_files.hpp"
#include "updates/successor.hpp"

namespace ipop::ga_update {
namespace {

using cli::ExitStatus;

/// What apt would do, and what that changes.
struct Considered {
  updates::PackagePlan plan{};
  layers::Stack stack{};
  std::optional<updates::Change> change{};
};

Result<Considered> consider_packages(const Context& context, const Tolerance& tolerance, const Apt& apt) {
  if (auto free = check_free(context); !free) return free.error();
  if (auto good = check_sources_of_machine(); !good) return good.error();
  // Lists are the machine's; a dry run looks at those that are there.
  if (!context.options.dry_run) {
    if (auto read = apt.refresh(); !read) return read.error();
  }
  if (auto good = check_releases_of_machine(); !good) return good.error();
  auto plan = apt.plan();
  if (!plan) return std::move(plan).error();
  auto stack = layerstore::load_stack(context);
  if (!stack) return std::move(stack).error();
  const auto history = load_history(context);
  if (!history) return history.error();
  updates::Standing standing{*stack, *history};
  standing.again = tolerance.again;
  auto change = updates::check_packages(*plan, standing);
  if (!change) return std::move(change).error();
  return Considered{*std::move(plan), *std::move(stack), *std::move(change)};
}

class PackagesArrival : public Arrival {
 public:
  PackagesArrival(const Context& context, const Tolerance& tolerance)
      : context_(context), tolerance_(tolerance), files_(context), apt_(files_.archives()) {}

  Result<std::optional<updates::Change>> consider() override {
    auto considered = consider_packages(context_, tolerance_, apt_);
    if (!considered) return std::move(considered).error();
    considered_ = *std::move(considered);
    if (considered_.change && !boot_upgrades_packages(context_)) {
      return {Errc::unsupported, "this machine was started by a boot disk that upgrades no packages"};
    }
    return considered_.change;
  }

  [[nodiscard]] std::string name() const override {
    return considered_.change ? title(*considered_.change) : std::string("packages");
  }
  [[nodiscard]] std::string text_of_no_change() const override { return "no package has a newer version"; }
  // The lists of two machines may differ by an hour; their waves must not.
  [[nodiscard]] std::string name_for_waves() const override { return "packages"; }
  [[nodiscard]] Result<std::uint64_t> octets() const override { return Apt::octets(considered_.plan); }
  [[nodiscard]] std::vector<std::string> steps() const override {
    std::vector<std::string> out;
    for (const updates::PackageStep& step : considered_.plan)
      out.push_back("download " + step.name + ' ' + step.to +
                    (step.from.empty() ? std::string(", which is new") : ", after " + step.from));
    return out;
  }

  Result<void> bring(cli::Progress& progress) override {
    if (auto removed = layerfs::remove_tree(files_.packages()); !removed) return removed;
    // What apt downloads is written by a user of its own.
    if (auto made = io::make_directories(files_.archives() + "/partial", 0755); !made) return made;
    progress.show("downloads " + std::to_string(considered_.plan.size()) + " packages");
    auto done = apt_.download();
    if (done) done = io::write_file_atomically(files_.plan(), to_string(considered_.plan), 0644);
    if (!done) drop();
    return done;
  }
  void drop() override { (void)layerfs::remove_tree(files_.packages()); }
  [[nodiscard]] std::vector<layers::StackLayer> layers() const override { return considered_.stack.layers; }

 private:
  const Context& context_;
  const Tolerance& tolerance_;
  UpdateFiles files_;
  Apt apt_;
  Considered considered_{};
};

void show_json(std::ostream& out, const Considered& considered) {
  cli::JsonWriter json("ga-update.check/1");
  json.field("kind", to_string(updates::ChangeKind::packages));
  json.field("name", considered.change ? considered.change->name : std::string());
  json.field("from", considered.change ? considered.change->from : 0);
  json.field("to", considered.change ? considered.change->to : 0);
  json.field("signer", "");
  json.field("in_use", !considered.change);
  json.begin_array("packages");
  for (const updates::PackageStep& step : considered.plan) {
    json.begin_element();
    json.field("name", step.name);
    json.field("from", step.from);
    json.field("to", step.to);
    json.end();
  }
  json.end();
  out << json.text() << '\n';
}

}  // namespace

std::unique_ptr<Arrival> make_packages_arrival(const Context& context, const Tolerance& tolerance) {
  return std::make_unique<PackagesArrival>(context, tolerance);
}

ExitStatus check_packages_of_machine(const Context& context, const Tolerance& tolerance) {
  const auto considered = consider_packages(context, tolerance, Apt(UpdateFiles(context).archives()));
  if (!considered) return report_error(context, considered.error());
  std::ostream& out = context.streams.out;
  if (context.options.output.json) {
    show_json(out, *considered);
    return ExitStatus::done;
  }
  for (const updates::PackageStep& step : considered->plan) {
    if (context.options.output.plain)
      out << "package\t" << cli::printable(step.name) << '\t' << cli::printable(step.from) << '\t'
          << cli::printable(step.to) << '\n';
    else
      out << cli::printable(step.name) << ' ' << cli::printable(step.to) << " would be taken, "
          << (step.from.empty() ? std::string("which is new") : "after " + cli::printable(step.from)) << '\n';
  }
  if (considered->plan.empty() && !context.options.output.plain) out << "no package has a newer version\n";
  return ExitStatus::done;
}

}  // namespace ipop::ga_update
