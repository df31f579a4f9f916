"""The rotation of the master key."""

from __future__ import annotations

from tests.controls import Control, Controls

CONTROLS: Controls = [
    Control(
        threat="A rotation overwrites a token that was refreshed in the same moment",
        control="A rewrapped value is stored only where the row still holds what was read",
        test="tests/vault/test_rotation_races.py::test_a_refresh_that_saves_during_a_rewrap_wins",
        path="vault/rotation.py",
        present="update(column.table).where(*same, unchanged)",
        absent="update(column.table).where(*same)",
    ),
    Control(
        threat="A table with secrets is forgotten by the rotation, and lost with the old key",
        control="Every binary column of the database is in the list that the rotation goes through",
        test="tests/vault/test_rotation.py::test_every_binary_column_is_in_the_list_of_sealed_ones",
        path="vault/sealed_columns.py",
        present='    SealedColumn(connections, connections.c.refresh, lambda row: context_of_token(row, "refresh")),\n',
        absent="",
    ),
    Control(
        threat="A running process goes on sealing with a key that was retired",
        control="The key file is looked at before anything is sealed",
        test="tests/vault/test_keyring.py::test_another_process_wraps_with_the_new_key_from_then_on",
        path="vault/keys.py",
        present="        self._notice()\n        nonce =",
        absent="        nonce =",
    ),
    Control(
        threat="A rotation refuses a reader who has not seen the new key yet",
        control="A key that is not known is looked for in the key file",
        test="tests/vault/test_keyring.py::test_another_process_opens_what_it_has_no_key_for_yet",
        path="vault/keys.py",
        present="if wrapped.key_id not in self._ring and self._file is not None:",
        absent="if False and self._file is not None:",
    ),
    Control(
        threat="A crash while a key is made leaves half a key file",
        control="The new file is on the disk before it takes the place of the old one",
        test="tests/vault/test_keyring.py::test_a_new_key_is_on_the_disk_before_it_takes_the_files_place",
        path="vault/keyfile.py",
        present="            os.fsync(descriptor)\n    except",
        absent="            pass\n    except",
    ),
    Control(
        threat="A rotation makes the key file readable for others, or unreadable for its owner",
        control="The new file is made with mode 0600",
        test="tests/vault/test_keyring.py::test_a_new_key_stands_in_front_in_a_private_file",
        path="vault/keyfile.py",
        present="os.O_CLOEXEC, 0o600)",
        absent="os.O_CLOEXEC, 0o644)",
    ),
    Control(
        threat="Two rotators at once undo each other's key",
        control="The key file is changed under a lock",
        test="tests/vault/test_keyring.py::test_a_key_that_is_made_while_another_one_is_does_not_undo_it",
        path="vault/keyring.py",
        present="            fcntl.flock(descriptor, fcntl.LOCK_EX)",
        absent="            fcntl.flock(descriptor, fcntl.LOCK_SH)",
    ),
    Control(
        threat="A rotation with the wrong key makes a key for somebody else's database",
        control="The database's key check must open before a key is made",
        test="tests/vault/test_rotation.py::test_with_a_wrong_key_no_new_one_is_made",
        path="vault/rotation.py",
        present="        await self._check_key()\n",
        absent="",
    ),
    Control(
        threat="The old key is thrown away while something is still sealed under it",
        control="Whoever asks to retire it, the values are counted once more",
        test="tests/vault/test_rotation.py::test_the_old_key_is_kept_while_anything_is_sealed_under_it",
        path="vault/rotation.py",
        present="        if await self.left():\n            return False\n",
        absent="",
    ),
    Control(
        threat="The old key is thrown away under a process that is about to store what it sealed with it",
        control="For a grace period nothing may turn up under an old key; whatever does starts it again",
        test="tests/rotation/test_rotation.py::test_while_a_process_still_seals_with_the_old_key_it_is_not_given_up",
        path="steps/key_rotation.py",
        present="return (workflow.now() - (self._progress.quiet_since or workflow.now())).total_seconds()",
        absent='return float("inf")',
    ),
    Control(
        threat="The old key outlives the rotation and opens the database to whoever finds it",
        control="Older keys are removed from the key file at the end",
        test="tests/rotation/test_rotation.py::test_under_load_nothing_is_refused_and_the_old_key_opens_nothing_more",
        path="vault/keys.py",
        present="self._hold(kept if self._file is None else self._file.keep(kept))",
        absent="self._hold(kept if self._file is None else self._file.read())",
    ),
    Control(
        threat="A lost answer makes a rotation begin twice, with a key too many",
        control="A key is made only in the place of the one that was there when the rotation began",
        test="tests/vault/test_rotation.py::test_a_beginning_that_is_repeated_makes_one_key",
        path="vault/rotation.py",
        present="return await self._rotator.rotate() if current == before else current",
        absent="return await self._rotator.rotate()",
    ),
]
