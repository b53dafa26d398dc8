"""The attendance worker's hot modules, compiled by mypyc from the same texts (DECISIONS.md says why).

`modules` which, `build` how, `tree` where the compiled copy lives, `__main__` the command.
"""
