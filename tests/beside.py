"""Tests that CI runs beside the trials, so that a newcomer need not wait for them.

Each takes seconds of processor, and goes further into what a shorter one shows already. They carry
the mark `trial`: `pytest -m trial` runs them.
"""

from __future__ import annotations

from typing import Final

BESIDE: Final = {
    "tests/snapshots/test_screens.py": (
        "test_the_screens_are_as_they_are_stored[jobs]",
        "test_the_screens_are_as_they_are_stored[no colour]",
        "test_the_screens_are_as_they_are_stored[demo]",
        "test_the_screens_are_as_they_are_stored[offline]",
    ),
    "tests/tui/test_bursts.py": ("test_quick_keys_end_nothing_and_escape_leads_home[palette]",),
    "tests/tui/test_second.py": (
        "test_each_profile_has_its_own_cursor_and_keeps_it",
        "test_an_expired_job_is_shown_filtered_and_still_heard",
        "test_a_version_s_known_length_is_shown_at_once",
        "test_a_profile_that_cannot_be_used_leaves_all_as_it_is",
        "test_all_ids_that_failed_are_named_with_their_reasons_and_can_be_copied",
        "test_after_a_switch_the_list_has_the_keys",
        "test_the_profile_that_is_left_ends_with_its_deck",
        "test_of_the_profile_that_is_left_neither_job_nor_cursor_stays",
        "test_what_was_corrected_is_asked_for_again",
    ),
    "tests/tui/test_own_key.py": (
        "test_without_an_organisation_it_is_a_token_of_the_other_api",
        "test_what_is_wrong_is_said_and_can_be_corrected[org_other-{key}-organisation]",
        "test_what_is_wrong_is_said_and_can_be_corrected[{own}-two words-holds a space]",
        "test_what_is_wrong_is_said_and_can_be_corrected[../x?y-{key}-not an id]",
    ),
    "tests/tui/test_layout.py": (
        "test_the_mouse_moves_the_border_between_job_and_track",
        "test_a_click_inside_a_pane_moves_no_border",
        "test_what_cannot_be_kept_is_said_and_holds_for_this_run",
    ),
    "tests/tui/test_room.py": (
        "test_every_number_is_seen_at_every_size[long]",
        "test_every_number_is_seen_at_every_size[emoji]",
    ),
    "tests/tui/test_hints.py": ("test_a_hint_has_the_key_that_the_config_gives",),
    "tests/tui/test_done.py": (
        "test_p_without_any_result_says_so",
        "test_what_gets_done_is_played_unless_something_plays",
        "test_p_plays_the_newest_result_where_none_was_seen_to_end",
    ),
    "tests/tui/test_stems.py": (
        "test_one_key_clears_the_mutes_and_solos_and_one_the_gains",
        "test_braces_change_the_gain",
    ),
    "tests/tui/test_trouble.py": ("test_too_many_requests_are_waited_out",),
    "tests/cli/test_play.py": (
        "test_nothing_to_play_says_why",
        "test_a_second_time_it_comes_from_the_cache_by_its_track_s_id",
    ),
    "tests/e2e/test_input.py": (
        "test_the_terminal_s_background_decides_the_first_theme[0/0/0-tape]",
    ),
    "tests/tui/test_track.py": ("test_opening_many_at_once_ends_on_the_last",),
    "tests/tui/test_hostile.py": (
        "test_hostile_profile_names_are_text",
        "test_hostile_texts_reach_the_screen_harmless[all-tiny]",
    ),
    "tests/tui/test_panes.py": (
        "test_growing_and_shrinking",
        "test_the_palette_runs_a_command[ctrl+p]",
        "test_enter_in_a_pane_with_nothing_else_opens_what_is_under_the_cursor[l]",
        "test_escape_leads_home_from_a_search_that_was_begun_in_another_pane[size1]",
    ),
    "tests/cli/test_data.py": (
        "test_what_is_not_there_is_4_and_what_is_wrong_2",
        "test_a_refused_key_is_3_and_not_repeated",
        "test_null_test_of_the_wav_song_is_exact",
        "test_watching_ends_at_once_when_the_key_is_refused[insufficient_permissions]",
        "test_watching_what_has_ended_badly_is_5[refused]",
    ),
    "tests/cli/test_words.py": ("test_an_absurd_duration_is_unknown_and_the_track_plays[604801]",),
    "tests/cli/test_dates.py": (
        "test_a_job_and_a_track_are_shown[9999-12-31T23:59:59Z-Asia/Tokyo]",
    ),
    "tests/cli/test_fetch_faults.py": (
        "test_the_null_test_fetches_anew_too",
        "test_what_was_spoiled_once_is_fetched_anew_by_the_next_run",
    ),
    "tests/cli/test_debug.py": ("test_a_demo_can_be_asked_for_after_the_command",),
    "tests/cli/test_streams.py": (
        "test_what_prints_nothing_needs_no_output[play JOB --start 58.2->/dev/full]",
        "test_what_prints_nothing_needs_no_output[play JOB --start 58.2-2>/dev/full]",
        "test_output_that_cannot_be_written_is_one_line_and_1[simulate->/dev/full]",
        "test_output_that_cannot_be_written_is_one_line_and_1[add JOB->/dev/full]",
        "test_output_that_cannot_be_written_is_one_line_and_1[job JOB->/dev/full]",
        "test_output_that_cannot_be_written_is_one_line_and_1[track TRACK->/dev/full]",
        "test_without_input_or_errors_all_is_as_it_was[jobs-2>/dev/full]",
        "test_without_input_or_errors_all_is_as_it_was[jobs-<&- 2>&-]",
        "test_a_reader_that_has_gone_is_no_error[job JOB]",
    ),
    "tests/deck/test_ffmpeg.py": ("test_no_more_is_held_than_one_step",),
    "tests/simulator/test_storage.py": ("test_a_file_cut_short_is_made_again",),
    "tests/simulator/test_process.py": ("test_a_signal_ends_it_while_a_song_is_playing[15]",),
    "tests/library/test_history.py": (
        "test_the_history_of_what_was_seen_is_what_a_store_that_saw_it_knows",
    ),
}
"""By file, the names with their parameters."""
