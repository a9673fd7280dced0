-- Held for a branch that is merged before this one; its step takes the place of this folder.
SELECT 1;
