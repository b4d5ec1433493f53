#include <filesystem>
#include <vector>

#include "arrival.hpp"
#include "cli/human.hpp"
#include "cli/json_writer.hpp"
#include "cli/progress.hpp"
#include "cli/text.hpp"
#include "io/file.hpp"
#include "io/system_clock.hpp"
#include "layerfs/tree_reader.hpp"
#include "layerfs/tree_writer.hpp"
#include "leave.hpp"
#include "state_watch.hpp"
#include "update_files.hpp"

namespace ipop::ga_update {
namespace {

using cli::ExitStatus;

// A state that is content answers all questions within this time.
constexpr Duration limit_of_present = std::chrono::seconds(30);

/// What is written here must fit twice beside what comes: the boot disk copies it before it tries.
Result<void> check_room(const Context& context, std::uint64_t needed) {
  const std::string home = context.store.home() + layers::tree_of_writable;
  if (io::exists(home)) {
    const auto tree = layerfs::read_tree(home, layerfs::Digests::none);
    if (!tree) return tree.error();
    needed += layers::octets_of_files(tree->entries);
  }
  std::error_code error;
  const auto space = std::filesystem::space(context.store.root, error);
  if (error) return make_error(error, context.store.root);
  if (space.available >= needed) return {};
  return {Errc::exhausted, context.store.root + " has " + cli::human_octets(space.available) + " left, and " +
                               cli::human_octets(needed) + " are needed for the update and a copy of what was written"};
}

class ApplyWork {
 public:
  ApplyWork(const Context& context, const Apply& verb)
      : context_(context),
        verb_(verb),
        arrival_(verb.packages ? make_packages_arrival(context, verb.tolerance) : make_release_arrival(context, verb)) {
  }

  Result<void> run() {
    const auto change = arrival_->consider();
    if (!change) return change.error();
    if (!*change) return {};
    is_change_ = true;
    if (word_of_boot(context_).empty()) {
      return {Errc::unsupported, context_.options.run +
                                     "/update is not there: this machine was not started by a boot disk that can go "
                                     "back from an update"};
    }
    const auto octets = arrival_->octets();
    if (!octets) return octets.error();
    if (auto room = check_room(context_, *octets); !room) return room;
    auto wants = verb_.wants ? Result<updates::Wants>(*verb_.wants) : wants_of_machine(context_);
    if (!wants) return std::move(wants).error();
    if (context_.options.dry_run) return plan(*wants);
    if (auto content = check_present(*wants); !content) return content;
    if (auto waited = wait_for_departure(context_, verb_, arrival_->name_for_waves()); !waited) return waited;
    return take(*wants);
  }

  ExitStatus finish() {
    const std::string name = arrival_->name();
    if (context_.options.output.json) {
      cli::JsonWriter json("ga-update.apply/1");
      json.field("release", name);
      json.field("changed", is_change_ && !context_.options.dry_run);
      json.begin_array("steps");
      for (const std::string& step : plan_)
        json.element(step);
      json.end();
      context_.streams.out << json.text() << '\n';
    } else if (context_.options.dry_run && is_change_) {
      for (const std::string& step : plan_)
        context_.streams.out << cli::printable(step) << '\n';
    } else if (!is_change_) {
      context_.streams.err << arrival_->text_of_no_change() << '\n';
    } else {
      context_.streams.err << name
                           << (verb_.no_restart ? " is prepared: the next restart tries it\n"
                                                : " is prepared: the machine restarts to try it\n");
    }
    if (!is_change_ || context_.options.dry_run || verb_.no_restart) return ExitStatus::done;
    if (auto restarted = restart_machine(); !restarted) return report_error(context_, restarted.error());
    return ExitStatus::done;
  }

 private:
  /// A trial of something new can't be judged by what does not work before it either.
  Result<void> check_present(const updates::Wants& wants) {
    if (wants == updates::Wants{}) return {};
    cli::Progress progress(context_.streams);
    auto content = wait_until_content(context_, wants, limit_of_present, [&](const std::string& awaited) {
      progress.show("looks whether all is well before the update: " + awaited);
    });
    if (!content)
      return std::move(content).error().in("the present state is not content (--want says what it must be)");
    return content;
  }

  Result<void> plan(const updates::Wants& wants) {
    plan_ = arrival_->steps();
    plan_.insert(plan_.begin(), "look whether the present state is content: " + to_string(wants));
    plan_.push_back("mark it as prepared, with " + std::to_string(verb_.boots) + " boots and " +
                    std::to_string(verb_.limit.count()) + " s to be content: " + to_string(wants));
    if (!verb_.no_restart) plan_.emplace_back("restart the machine");
    return {};
  }

  Result<void> take(const updates::Wants& wants) {
    auto lock = open_for_update(context_);
    if (!lock) return std::move(lock).error();
    // While it waited, others may have been at work.
    const auto change = arrival_->consider();
    if (!change) return change.error();
    if (!*change) {
      is_change_ = false;
      return {};
    }
    auto done = put_into_store(**change, wants);
    (void)layerfs::remove_tree(context_.store.incoming());
    return done;
  }

  Result<void> put_into_store(const updates::Change& change, const updates::Wants& wants) {
    const UpdateFiles files(context_);
    cli::Progress progress(context_.streams);
    // What the update before has left: nobody goes back to it any more.
    for (const std::string& tree : {files.tried(), files.home(), files.home_new()})
      if (auto removed = layerfs::remove_tree(tree); !removed) return removed;
    if (auto done = arrival_->bring(progress); !done) return done;
    updates::Journal journal;
    journal.boots = verb_.boots;
    journal.limit = verb_.limit;
    journal.begun = std::max(io::wall_time_now(), WallTime{});
    journal.wants = wants;
    journal.change = change;
    journal.tried = arrival_->layers();
    auto saved = save_journal(context_, journal);
    if (!saved) arrival_->drop();
    return saved;
  }

  const Context& context_;
  const Apply& verb_;
  std::unique_ptr<Arrival> arrival_;
  bool is_change_ = false;
  std::vector<std::string> plan_;
};

}  // namespace

ExitStatus carry_out(const Context& context, const Apply& verb) {
  ApplyWork work(context, verb);
  const auto done = work.run();
  if (!done) return report_error(context, done.error());
  return work.finish();
}

}  // namespace ipop::ga_update
