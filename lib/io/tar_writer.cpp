#include "io/tar_writer.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <memory>
#include <utility>

namespace ipop::io {
namespace {

struct ArchiveFree {
  void operator()(archive* one) const { ::archive_free(one); }
  void operator()(archive_entry* one) const { ::archive_entry_free(one); }
};

la_ssize_t append(archive* /*one*/, void* out, const void* octets, std::size_t size) {
  static_cast<std::string*>(out)->append(static_cast<const char*>(octets), size);
  return static_cast<la_ssize_t>(size);
}

}  // namespace

struct TarWriter::State {
  std::string out{};
  std::string wrong{};  // the first that went wrong
  std::unique_ptr<archive, ArchiveFree> writer{::archive_write_new()};

  bool check(int status) {
    if (status != ARCHIVE_OK && wrong.empty()) {
      const char* text = writer ? ::archive_error_string(writer.get()) : nullptr;
      wrong = text == nullptr ? "out of memory" : text;
    }
    return wrong.empty();
  }
};

TarWriter::TarWriter() : state_(std::make_unique<State>()) {
  archive* writer = state_->writer.get();
  if (writer == nullptr) {
    state_->check(ARCHIVE_FATAL);
    return;
  }
  state_->check(::archive_write_set_format_ustar(writer));
  state_->check(::archive_write_set_bytes_in_last_block(writer, 1));
  state_->check(::archive_write_open(writer, &state_->out, nullptr, append, nullptr));
}
TarWriter::~TarWriter() = default;

void TarWriter::add(const std::string& name, std::string_view octets) {
  if (!state_->wrong.empty()) return;
  archive* writer = state_->writer.get();
  const std::unique_ptr<archive_entry, ArchiveFree> entry(::archive_entry_new());
  ::archive_entry_set_pathname(entry.get(), name.c_str());
  ::archive_entry_set_filetype(entry.get(), AE_IFREG);
  ::archive_entry_set_perm(entry.get(), 0600);
  ::archive_entry_set_size(entry.get(), static_cast<la_int64_t>(octets.size()));
  if (!state_->check(::archive_write_header(writer, entry.get())) || octets.empty()) return;
  if (::archive_write_data(writer, octets.data(), octets.size()) != static_cast<la_ssize_t>(octets.size())) {
    state_->check(ARCHIVE_FATAL);
  }
}

Result<std::string> TarWriter::finish() && {
  if (state_->writer) state_->check(::archive_write_close(state_->writer.get()));
  if (!state_->wrong.empty()) return {Errc::malformed, "making an archive: " + state_->wrong};
  return std::move(state_->out);
}

}  // namespace ipop::io
