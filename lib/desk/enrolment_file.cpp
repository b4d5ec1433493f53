#include "desk/enrolment_file.hpp"

#include "io/file.hpp"

namespace ipop::desk {
namespace {

constexpr std::size_t largest_enrolment_file = 16'384;

}  // namespace

Result<std::optional<authority::EnrolmentRecord>> load_enrolment(const std::string& group_file) {
  const std::string path = authority::enrolment_record_path(group_file);
  const auto text = io::read_file(path, largest_enrolment_file);
  if (!text && text.error().code == std::errc::no_such_file_or_directory)
    return std::optional<authority::EnrolmentRecord>();
  if (!text) return text.error();
  auto record = authority::parse_enrolment_record(*text, path);
  if (!record) return std::move(record).error();
  return std::optional(*std::move(record));
}

Result<void> keep_enrolment(const std::string& group_file, const authority::EnrolmentRecord& record) {
  return io::write_file_atomically(authority::enrolment_record_path(group_file), to_toml(record), 0644);
}

Result<void> forget_enrolment(const std::string& group_file) {
  auto removed = io::remove_file(authority::enrolment_record_path(group_file));
  if (!removed && removed.error().code == std::errc::no_such_file_or_directory) return {};
  return removed;
}

}  // namespace ipop::desk
