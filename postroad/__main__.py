from postroad.cli import main

main()
