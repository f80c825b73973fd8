def present_run(path, draw):
    from outputs.file import read_run

    t = read_run(path)
    print(t["comparison"].to_dataset())
