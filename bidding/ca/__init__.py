"""The demonstration CA's counter (申请 → 审核 → 签发 → 补办/吊销), its lists, OCSP and time stamps."""
