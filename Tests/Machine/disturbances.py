"""What happens to the clocks of a machine. Each function says what it did, and what the journal has to say of it.

Steps are no multiples of the schedule's 20 s: after them the next slots are sooner than the minimum interval allows.
"""
import time
from dataclasses import dataclass, field

# Longer than WatchdogSec= of the unit.
LONG = 90


@dataclass
class Account:
    what: str
    # What the journal has to say, once each.
    words: list = field(default_factory=list)
    # Whether systemd may have restarted the daemon: the unit's watchdog counts on CLOCK_MONOTONIC.
    may_restart: bool = False


def set_forward(machine):
    _step(machine, 5 * 3600 + 13)
    return Account("the clock set forward by 5 h 13 s (date -s)", ["The clock was set forward by 5 h"])


def set_back(machine):
    _step(machine, -7 * 3600 - 6)
    return Account("the clock set back by 7 h 6 s (date -s)", ["The clock was set back by 7 h"])


def set_by_timedatectl(machine):
    machine.run("timedatectl set-time \"$(date -d '+2 hours 13 seconds' '+%F %T')\"")
    return Account("the clock set forward by 2 h 13 s, the hardware's too (timedatectl)",
                   ["The clock was set forward by 2 h"])


def set_while_stopped(machine):
    machine.run("systemctl stop bankrefreshd")
    _step(machine, 3600 + 13)
    machine.run("systemctl start bankrefreshd")
    return Account("the clock set forward by 1 h 13 s while no daemon ran", ["The clock was set forward by 1 h"])


def suspended(machine):
    """To memory, ACPI's S3; woken as by its power button."""
    machine.begin("sleep 1; echo mem > /sys/power/state")
    machine.monitor.wait_for("SUSPEND", 60)
    time.sleep(LONG)
    machine.monitor.execute("system_wakeup")
    machine.monitor.wait_for("WAKEUP", 60)
    return Account(f"suspended to memory (S3) for {LONG} s, woken by QEMU")


def suspended_with_alarm(machine):
    machine.begin("sleep 1; rtcwake -m mem -s 30")
    machine.monitor.wait_for("SUSPEND", 60)
    machine.monitor.wait_for("WAKEUP", 120)
    return Account("suspended to memory (S3) for 30 s, woken by the hardware clock (rtcwake)")


def suspended_to_idle(machine):
    _idle(machine, 30)
    return Account("suspended to idle for 30 s, woken by the power button")


def suspended_to_idle_for_long(machine):
    _idle(machine, LONG)
    return Account(f"suspended to idle for {LONG} s, woken by the power button", may_restart=True)


def halted(machine):
    """As a hypervisor stops a machine: to take a snapshot of it, or to move it to another host."""
    machine.monitor.execute("stop")
    time.sleep(LONG)
    machine.monitor.execute("cont")
    return Account(f"halted for {LONG} s by the hypervisor")


def halted_and_set_right(machine):
    halted(machine)
    clocks = machine.clocks()
    step = clocks.host - clocks.wall
    machine.run(f"date -s @{time.time():.3f}")
    return Account(f"halted for {LONG} s by the hypervisor, and then set right by {step:+.0f} s",
                   [f"The clock was set {'back' if step < 0 else 'forward'} by"])


def power_cut(machine):
    """The machine starts anew; its clock is that of the hardware, three days ahead."""
    machine.run("hwclock --utc --set --date '+3 days'")
    machine.monitor.execute("system_reset")
    machine.wait_until_booted()
    return Account("power cut, and the hardware's clock three days ahead",
                   ["The clock shows 3 d"])


def _idle(machine, seconds):
    """The hardware clock does not wake QEMU from this; nobody in the machine minds the power button."""
    machine.begin("sleep 1; echo freeze > /sys/power/state")
    time.sleep(seconds + 1)
    machine.monitor.execute("system_powerdown")


def _step(machine, seconds):
    """Sets the calendar, to a fraction of a second."""
    machine.run(f"date -s \"@$(( $(date +%s) + {seconds} )).$(date +%N)\"")


ALL = [set_forward, set_back, suspended, set_by_timedatectl, suspended_with_alarm, suspended_to_idle, halted,
       halted_and_set_right, set_while_stopped, suspended_to_idle_for_long, power_cut]
