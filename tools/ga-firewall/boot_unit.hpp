#pragma once

#include <string>
#include <string_view>

#include "verbs.hpp"

namespace ipop::ga_firewall {

/// `systemctl enable ga-firewall` or `disable`, as a person would type it; empty where systemd does not
/// run or the files are not those of this system.
std::string unit_command(const Context& context, std::string_view verb);

/// Ends the watch, which would put back what is taken away.
void stop_watch(const Context& context);

/// Runs unit_command(). A failure has been reported, and gives `partly`: the rules are in force all the same.
cli::ExitStatus change_unit(const Context& context, std::string_view verb);

}  // namespace ipop::ga_firewall
