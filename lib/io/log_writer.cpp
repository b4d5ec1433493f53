#include "io/log_writer.hpp"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <sys/stat.h>
#include <unistd.h>

#include "io/system_clock.hpp"

namespace ipop::io {

namespace {

constexpr Duration window = 10s;
constexpr std::uint64_t lines_a_window = 20;
constexpr std::size_t max_texts = 256;

/// systemd gives "device:inode" of the journal's socket; stderr may have been redirected since.
bool stderr_is_journal() {
  const char* stream = std::getenv("JOURNAL_STREAM");
  struct stat status {};
  if (stream == nullptr || ::fstat(STDERR_FILENO, &status) != 0) return false;
  return std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino) == stream;
}

/// The numbers of syslog(3).
char priority_of(LogLevel level) {
  switch (level) {
    case LogLevel::error: return '3';
    case LogLevel::warning: return '4';
    case LogLevel::info: return '6';
    case LogLevel::debug: return '7';
  }
  return '6';
}

}  // namespace

LogLimiter::Verdict LogLimiter::ask(TimePoint now, const std::string& text) {
  auto it = entries_.find(text);
  if (it == entries_.end())
    it = entries_.emplace(entries_.size() < max_texts ? text : std::string(), Entry{now, 0}).first;
  Entry& entry = it->second;
  std::uint64_t held_back = 0;
  if (now - entry.began >= window) {
    held_back = entry.seen > lines_a_window ? entry.seen - lines_a_window : 0;
    entry = {now, 0};
  }
  return {++entry.seen <= lines_a_window, held_back};
}

LogWriter::LogWriter(LogLevel least) : least_(least), form_(stderr_is_journal() ? LogForm::journal : LogForm::plain) {}

void LogWriter::write(TimePoint now, const LogLine& line) {
  if (line.level > least_) return;
  const auto verdict = limiter_.ask(now, line.text);
  if (!verdict.write) return;
  LogLine out = line;
  if (verdict.held_back != 0) out.fields.emplace_back("held_back", std::to_string(verdict.held_back));
  const std::string text = format_log(form_, wall_time_now().seconds, out);
  std::string_view rest = text;
  while (!rest.empty()) {
    const ssize_t put = ::write(STDERR_FILENO, rest.data(), rest.size());
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return;  // nobody can be told
    rest.remove_prefix(static_cast<std::size_t>(put));
  }
}

std::string format_log(LogForm form, std::int64_t seconds, const LogLine& line) {
  if (form == LogForm::journal) return std::string("<") + priority_of(line.level) + ">" + format_line(line) + "\n";
  const std::time_t time = seconds;
  std::tm parts{};
  ::gmtime_r(&time, &parts);
  std::array<char, 32> stamp{};
  (void)std::strftime(stamp.data(), stamp.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return std::string(stamp.data()) + " " + std::string(to_string(line.level)) + " " + format_line(line) + "\n";
}

}  // namespace ipop::io
