"""What this project adds to LocalStack: functions as processes, and corrections towards the AWS documentation."""
