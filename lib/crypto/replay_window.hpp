#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace ipop::crypto {

/// Which counters of a session were received, over the last 8192 below the highest (RFC 6479: a
/// ring of words, so that moving on clears words rather than shifting bits).
///
/// Ask before a packet is opened, mark only after its tag was right: a forged counter would push
/// honest packets out of the window.
///
/// Words are there for counters that came: a session of a hundred packets has two, one of ten thousand all 129, and
/// then none is added any more.
class ReplayWindow {
 public:
  static constexpr std::uint64_t size = 8192;

  /// Makes room for a whole window at once, for a session that will see thousands of packets.
  void reserve() { words_.resize(words); }

  /// True for a counter that was not marked and is not older than the window.
  [[nodiscard]] bool is_fresh(std::uint64_t counter) const {
    if (!highest_ || counter > *highest_) return true;
    if (*highest_ - counter >= size) return false;
    const std::size_t word = slot(counter);
    return word >= words_.size() || (words_[word] & bit(counter)) == 0;
  }

  /// Only for a fresh counter.
  void mark(std::uint64_t counter) {
    if (!highest_) {
      highest_ = counter;
    } else if (counter > *highest_) {
      const std::uint64_t from = *highest_ / word_bits;
      const std::uint64_t to = counter / word_bits;
      const std::uint64_t steps = to - from < words ? to - from : words;
      for (std::uint64_t i = 1; i <= steps; ++i) {
        const std::size_t word = slot((from + i) * word_bits);
        if (word < words_.size()) words_[word] = 0;
      }
      highest_ = counter;
    }
    const std::size_t word = slot(counter);
    if (word >= words_.size()) words_.resize(word + 1);
    words_[word] |= bit(counter);
  }

  [[nodiscard]] std::optional<std::uint64_t> highest() const { return highest_; }

 private:
  static constexpr std::uint64_t word_bits = 64;
  // One word more than the window: the word that is being filled must not be one that still counts.
  static constexpr std::uint64_t words = size / word_bits + 1;

  static std::size_t slot(std::uint64_t counter) { return static_cast<std::size_t>((counter / word_bits) % words); }
  static std::uint64_t bit(std::uint64_t counter) { return std::uint64_t{1} << (counter % word_bits); }

  std::vector<std::uint64_t> words_;  ///< those behind the last are zero
  std::optional<std::uint64_t> highest_{};
};

}  // namespace ipop::crypto
