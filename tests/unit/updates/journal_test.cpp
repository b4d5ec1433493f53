#include "updates/journal.hpp"

#include <doctest/doctest.h>

#include "updates/history.hpp"

using namespace ipop;
using namespace ipop::updates;
using layers::LayerKind;

namespace {

Journal trial_of_a_base() {
  Journal out;
  out.limit = std::chrono::seconds(600);
  out.begun = WallTime{1795881600};
  out.wants = {true, true, true};
  out.change = {ChangeKind::base, "debian", 3, 4};
  out.tried = {{"debian", LayerKind::base, 4, 3, 4}, {"tools", LayerKind::module, 7, 0, 7}};
  return out;
}

constexpr const char* text_of_the_trial =
    "grid-appliance update 1\n"
    "state prepared\n"
    "boots 1\n"
    "limit 600\n"
    "begun 1795881600\n"
    "wants node,name,pool\n"
    "change base debian 3 4\n"
    "layer base debian 4 3 4\n"
    "layer module tools 7 0 7\n";

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("S20: a journal is read as it was written, and has one form") {
  CHECK(to_string(trial_of_a_base()) == text_of_the_trial);
  CHECK(*parse_journal(text_of_the_trial, "j") == trial_of_a_base());
  Journal other = trial_of_a_base();
  other.state = State::back;
  other.boots = 0;
  other.wants = {};
  other.reason = "it did not become content";
  CHECK(*parse_journal(to_string(other), "j") == other);
}

TEST_CASE("S20: no part of a journal is taken for a whole one, but at the end of a layer's line") {
  const std::string text = text_of_the_trial;
  for (std::size_t size = 0; size < text.size(); ++size) {
    const auto part = parse_journal(text.substr(0, size), "j");
    CHECK(part.has_value() == text.substr(0, size).ends_with("layer base debian 4 3 4\n"));
  }
}

TEST_CASE("a wrong line of a journal is named") {
  const std::string text = text_of_the_trial;
  const auto line_of = [&](std::string_view from, std::string_view to) {
    const auto read = parse_journal(replaced(text, from, to), "j");
    return read ? std::string("taken") : read.error().message();
  };
  CHECK(line_of("update 1", "update 2") == "j, line 1: must be \"grid-appliance update 1\"");
  CHECK(line_of("prepared", "done").starts_with("j, line 2: "));
  CHECK(line_of("boots 1", "boots 10").starts_with("j, line 3: "));
  CHECK(line_of("boots 1", "boots 01").starts_with("j, line 3: "));
  CHECK(line_of("limit 600", "limit 0").starts_with("j, line 4: "));
  CHECK(line_of("limit 600", "limit 86401").starts_with("j, line 4: "));
  CHECK(line_of("begun 1795881600", "begun -1").starts_with("j, line 5: "));
  CHECK(line_of("node,name,pool", "pool,node").starts_with("j, line 6: "));
  CHECK(line_of("debian 3 4", "debian 4 4").starts_with("j, line 7: "));
  CHECK(line_of("base debian 3 4", "home debian 3 4").starts_with("j, line 7: "));
  CHECK(line_of("layer base debian 4 3 4", "layer base debian 4 3 3").starts_with("j, line 8: "));
  CHECK(line_of("layer module tools", "layer module debian").starts_with("j, line 9: "));
  CHECK(line_of("tools 7 0 7\n", "tools 7 0 7\nreason \n").starts_with("j, line 10: "));
  CHECK(line_of("tools 7 0 7\n", "tools 7 0 7\nreason x\nmore\n").starts_with("j, line 11: "));
  CHECK(line_of("tools 7 0 7\n", "tools 7 0 7\ndevelopment tools\n").starts_with("j, line 10: "));
  // What is tried must have what changes.
  CHECK_FALSE(parse_journal(replaced(text, "change base debian 3 4", "change base debian 3 5"), "j").has_value());
}

TEST_CASE("a journal of packages has the layers that are in use, if any") {
  Journal journal = trial_of_a_base();
  journal.change = {ChangeKind::packages, "0123456789abcdef", 4, 5};
  CHECK(title(journal.change) == "packages-5");
  CHECK(*parse_journal(to_string(journal), "j") == journal);
  journal.tried = {};
  CHECK(*parse_journal(to_string(journal), "j") == journal);
}

TEST_CASE("packages that the machine went back from are known by their versions") {
  Journal journal = trial_of_a_base();
  journal.change = {ChangeKind::packages, "0123456789abcdef", 4, 5};
  journal.state = State::restored;
  const History failed = with_ended({}, journal, WallTime{1});
  CHECK(find_failure(failed, {ChangeKind::packages, "0123456789abcdef", 7, 8}) != nullptr);
  CHECK(find_failure(failed, {ChangeKind::packages, "0123456789abcdee", 4, 5}) == nullptr);
  CHECK(find_failure(failed, {ChangeKind::module, "0123456789abcdef", 4, 5}) == nullptr);
}

TEST_CASE("an update goes on from its own step only") {
  Journal journal = trial_of_a_base();
  CHECK_FALSE(when_content(journal).has_value());
  journal.state = State::trying;
  CHECK(when_content(journal)->state == State::content);
  CHECK_FALSE(when_content(*when_content(journal)).has_value());
  CHECK_FALSE(when_given_up(*when_content(journal), "late").has_value());
  const auto back = when_given_up(journal, " a\nb\xff ");
  REQUIRE(back.has_value());
  CHECK(back->state == State::back);
  CHECK(back->reason == "a?b?");
  CHECK(*parse_journal(to_string(*back), "j") == *back);
  CHECK(when_given_up(journal, std::string(500, 'x'))->reason.size() == longest_reason);
  CHECK(*parse_journal(to_string(*when_given_up(journal, "")), "j") == *when_given_up(journal, ""));
}

TEST_CASE("what is wanted has one text for each of eight wishes") {
  CHECK(to_string(Wants{}) == "none");
  CHECK(to_string(Wants{true, false, true}) == "node,pool");
  CHECK(*parse_wants("name,pool") == Wants{false, true, true});
  for (const char* wrong : {"", "node,", "node,node", "name,node", "all", "none,node"})
    CHECK_FALSE(parse_wants(wrong).has_value());
}

TEST_CASE("a history keeps each update once, and the last hundred") {
  Journal journal = trial_of_a_base();
  journal.state = State::content;
  History history = with_ended({}, journal, WallTime{1795882000});
  CHECK(to_string(history) == "grid-appliance update history 1\n1795881600 1795882000 content base debian 3 4\n");
  // The step is repeated after a loss of power.
  CHECK(with_ended(history, journal, WallTime{1795882500}) == history);
  journal.begun = journal.begun + std::chrono::seconds(1);
  journal.state = State::restored;
  journal.reason = "the boot disk could not mount it";
  history = with_ended(history, journal, WallTime{-1});
  CHECK(history.size() == 2);
  CHECK(*parse_history(to_string(history), "h") == history);
  CHECK(history.back().ended == WallTime{});
  for (int i = 0; i < 200; ++i) {
    journal.begun = journal.begun + std::chrono::seconds(1);
    history = with_ended(history, journal, WallTime{1});
  }
  CHECK(history.size() == longest_history);
  CHECK(history.back().begun == journal.begun);
  CHECK(*parse_history(to_string(history), "h") == history);
}

TEST_CASE("a machine knows what it went back from, until that was content once") {
  Journal journal = trial_of_a_base();
  journal.state = State::restored;
  journal.reason = "why";
  const History failed = with_ended({}, journal, WallTime{1});
  REQUIRE(find_failure(failed, {ChangeKind::base, "debian", 0, 4}) != nullptr);
  CHECK(find_failure(failed, {ChangeKind::base, "debian", 0, 4})->reason == "why");
  CHECK(find_failure(failed, {ChangeKind::base, "debian", 0, 5}) == nullptr);
  CHECK(find_failure(failed, {ChangeKind::module, "tools", 0, 4}) == nullptr);
  journal.state = State::content;
  journal.begun = WallTime{2};
  CHECK(find_failure(with_ended(failed, journal, WallTime{3}), {ChangeKind::base, "debian", 0, 4}) == nullptr);
}

TEST_CASE("a wrong line of a history is named") {
  const std::string head = "grid-appliance update history 1\n";
  CHECK(parse_history(head, "h")->empty());
  for (const char* wrong :
       {"1 2 content base debian 3\n", "1 2 content base debian 3 4 why\n", "1 2 back base debian 3 4\n",
        "1 2 back base debian 3 4 \n", "1 2 left base debian 3 4\n", "1 x content base debian 3 4\n",
        "1 2 content home debian 3 4\n", "1 2 content base debian 4 3\n", "1 2 content base debian 3 4",
        "1 2 content base debian 3 4 \n", "1  2 content base debian 3 4\n", "1 2 back base debian 3 4 why \n", "\n"}) {
    const auto read = parse_history(head + wrong, "h");
    REQUIRE_FALSE(read.has_value());
    CHECK(read.error().message().starts_with("h, line 2: "));
  }
  CHECK(parse_history("", "h").error().message() == "h, line 1: must be \"grid-appliance update history 1\"");
}
