#include "validation/validation_jobs.hpp"

#include <algorithm>

#include <doctest/doctest.h>

using namespace ipop::validation;
using namespace std::chrono_literals;

namespace {

bool has_line(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

}  // namespace

TEST_CASE("each test's jobs are followed by a log of its own, and ask for what the smallest slot has") {
  for (const auto& [name, text] : {std::pair{"jobs", describe_many("/w", 3)},
                                   {"checkpoint", describe_checkpoint("/w")},
                                   {"flock", describe_sleepers("/w", 3)},
                                   {"absence", describe_absence("/w", 30s, "")}}) {
    CHECK(has_line(text, "initialdir = /w"));
    CHECK(has_line(text, "log = " + std::string(name) + ".log"));
    CHECK(has_line(text, "request_cpus = 1"));
  }
  CHECK(has_line(describe_many("/w", 3), "queue 3"));
  CHECK(has_line(describe_sleepers("/w", 5), "queue 5"));
}

TEST_CASE("a job whose worker goes away still has to run when it is back, on the machine that was named") {
  CHECK(has_line(describe_absence("/w", 30s, "bob"), "arguments = 40"));
  CHECK(has_line(describe_absence("/w", 30s, "bob"), "requirements = Machine == \"bob\""));
  CHECK(describe_absence("/w", 30s, "").find("requirements") == std::string::npos);
}

TEST_CASE("the checkpoint's job runs the program that is written beside it") {
  CHECK(has_line(describe_checkpoint("/w"), "executable = /w/" + counting_program().name));
  CHECK(counting_program().is_program);
}

TEST_CASE("all files that the diamond's description names are among its files") {
  const auto files = diamond_files("/w");
  const auto has = [&](const std::string& name) { return std::ranges::count(files, name, &JobFile::name) == 1; };
  CHECK(has("diamond.dag"));
  CHECK(has("diamond.config"));
  CHECK(has("node.sub"));
  CHECK(has("sum.sh"));
  for (const JobFile& file : files)
    CHECK(file.is_program == file.text.starts_with("#!/bin/sh\n"));
}
